-- Register a tab and hand it what it missed, or a snapshot: one step, so that nothing falls in between.
--
-- KEYS  leases, notifications, nine of the user and, for a view, four of it (library.lua)
-- ARGV  packed {user, view, tab, connection, gateway, lease_ms, state, after = {epoch, seq} | nil, epoch, tabs_limit,
--               cutoff}
-- Returns {'too_many'} or {'ok', epoch, seq, unread, gen, elected tab, rev, recovered 0|1, rows, pop-up rows, away}:
-- away is {rev of the view, what it put away}, empty for a tab of the user's own;
-- rows are changes as missed_rows gives them when recovered, else the newest 50 entries, newest first.
-- A tab id that is connected already is taken over: its old connection hears `superseded` (4505).

local function newest_rows(keys, notifications)
  local rows, bytes = {}, 0
  for _, id in ipairs(redis.call('ZREVRANGE', keys.inbox, 0, 49)) do
    local row = read_row(keys, notifications, id)
    if row then
      bytes = bytes + #row[5]
      if bytes > MOST_BYTES and #rows > 0 then break end
      rows[#rows + 1] = row
    end
  end
  return rows
end

local function take_seat(keys, person, asked, now_us)
  local old = person.tabs[asked.tab]
  if old and old.n ~= asked.connection then
    local kind = keys.away and 'view' or 'superseded'
    publish(keys.channel, {k = kind, user = asked.user, tab = asked.tab, connection = asked.connection})
  end
  write_tab(keys, person, asked.tab, {
    s = asked.state, a = now_us, c = now_us, g = asked.gateway, n = asked.connection,
  })
end

-- A new log numbers anew: what was put away in the one before says nothing of it.
local function begin_view(keys, person, epoch)
  if person.epoch == epoch then return end
  redis.call('HSET', keys.user, 'epoch', epoch)
  redis.call('DEL', keys.away)
end

local function away_row(keys, person)
  if not keys.away then return {} end
  keep_view(keys)
  return {person.rev, redis.call('HGETALL', keys.away)}
end

local function attach(KEYS, ARGV)
  local asked, now_us = cmsgpack.unpack(ARGV[1]), clock_us()
  local now_ms, keys, notifications = math.floor(now_us / 1000), seat_keys(KEYS, 3, asked.view), KEYS[2]
  local leases = read_leases(KEYS[1])
  local person = read_person(keys.user)
  person.id = asked.user
  local living = drop_ghosts(keys, person, leases, now_ms)
  if not person.tabs[asked.tab] and living >= asked.tabs_limit then return {'too_many'} end
  leases[asked.gateway] = now_ms + asked.lease_ms
  redis.call('HSET', KEYS[1], asked.gateway, leases[asked.gateway])
  local owner = keys.away and read_person(keys.target.user) or person
  ensure_epoch(keys.target, owner, asked.epoch)
  trim(keys.target, asked.cutoff, 20)
  if keys.away then begin_view(keys, person, owner.epoch) end
  take_seat(keys, person, asked, now_us)
  settle(keys, person, leases, notifications, now_ms)
  local rows
  if asked.after and asked.after[1] == owner.epoch then
    rows = missed_rows(keys, owner, notifications, asked.after[2])
  end
  local recovered = rows and 1 or 0
  local popups = {}
  if person.holder == asked.connection then popups = popup_rows(keys, notifications, open_popups(keys, now_ms)) end
  return {
    'ok', owner.epoch, owner.seq, count_unread(keys), person.gen, person.elected, owner.rev,
    recovered, rows or newest_rows(keys, notifications), popups, away_row(keys, person),
  }
end

register('attach', attach)
