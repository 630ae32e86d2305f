-- Read what the tabs of a log-in-as session are to be told, and offer its elected tab the pop-ups that came.
--
-- Every gateway with a tab of the session asks, each after what it told: an offer is made once, whoever asks first.
--
-- KEYS  notifications, nine of the target and four of the view (library.lua)
-- ARGV  packed {after, gen, rev}: the number, the election and the things put away that the asking gateway knows
-- Returns {epoch, seq, unread, gen, elected, rev of the target, whole 0|1, rows, pop-up rows when gen is another,
--          ids in rows whose pop-ups are open, ms until an offer is overdue (0: none is open),
--          {rev of the view, what it put away} when rev is another}

-- What an earlier caller offered may be taken by now; what a caller does not ask for is another's to offer.
local function offer_new(keys, person, owner, asked, rows, now_ms)
  local open = {}
  for _, row in ipairs(rows) do
    local id = row[1] == 'notify' and row[2][1]
    if id and is_open(keys, id, now_ms) then
      open[#open + 1] = id
      if person.elected ~= '' and row[2][2] > person.seq then redis.call('ZADD', keys.offers, now_ms + OFFER_MS, id) end
    end
  end
  if asked.after <= person.seq and owner.seq > person.seq then redis.call('HSET', keys.user, 'seq', owner.seq) end
  return open
end

local function overdue(keys, now_ms)
  local oldest = redis.call('ZRANGE', keys.offers, 0, 0, 'WITHSCORES')
  return #oldest == 0 and 0 or math.max(1, tonumber(oldest[2]) - now_ms)
end

local function look(KEYS, ARGV)
  local asked, keys, now_ms = cmsgpack.unpack(ARGV[1]), seat_keys(KEYS, 2, true), math.floor(clock_us() / 1000)
  local person, owner = read_person(keys.user), read_person(keys.target.user)
  local rows = missed_rows(keys, owner, KEYS[1], asked.after)
  local open = offer_new(keys, person, owner, asked, rows or {}, now_ms)
  keep_view(keys)
  local popups, away = {}, {}
  if person.gen ~= asked.gen then popups = popup_rows(keys, KEYS[1], open_popups(keys, now_ms)) end
  if person.rev ~= asked.rev then away = {person.rev, redis.call('HGETALL', keys.away)} end
  return {
    owner.epoch or '', owner.seq, count_unread(keys), person.gen, person.elected, owner.rev,
    rows and 1 or 0, rows or {}, popups, open, overdue(keys, now_ms), away,
  }
end

register('look', look)
