-- Register a tab and hand it what it missed, or a snapshot: one step, so that nothing falls in between.
--
-- KEYS  leases, notifications, nine of the user (library.lua)
-- ARGV  packed {user, tab, connection, gateway, lease_ms, state, after = {epoch, seq} | nil, epoch, tabs_limit, cutoff}
-- Returns {'too_many'} or {'ok', epoch, seq, unread, gen, elected tab, rev, recovered 0|1, rows, pop-up rows}:
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
    publish(keys.channel, {k = 'superseded', user = asked.user, tab = asked.tab, connection = asked.connection})
  end
  write_tab(keys, person, asked.tab, {
    s = asked.state, a = now_us, c = now_us, g = asked.gateway, n = asked.connection,
  })
end

local function attach(KEYS, ARGV)
  local asked, now_us = cmsgpack.unpack(ARGV[1]), clock_us()
  local now_ms, keys, notifications = math.floor(now_us / 1000), user_keys(KEYS, 3), KEYS[2]
  local leases = read_leases(KEYS[1])
  local person = read_person(keys.user)
  person.id = asked.user
  local living = drop_ghosts(keys, person, leases, now_ms)
  if not person.tabs[asked.tab] and living >= asked.tabs_limit then return {'too_many'} end
  leases[asked.gateway] = now_ms + asked.lease_ms
  redis.call('HSET', KEYS[1], asked.gateway, leases[asked.gateway])
  ensure_epoch(keys, person, asked.epoch)
  trim(keys, asked.cutoff, 20)
  take_seat(keys, person, asked, now_us)
  settle(keys, person, leases, notifications, now_ms)
  local rows
  if asked.after and asked.after[1] == person.epoch then
    rows = missed_rows(keys, person, notifications, asked.after[2])
  end
  local recovered = rows and 1 or 0
  local popups = {}
  if person.holder == asked.connection then popups = popup_rows(keys, notifications, open_popups(keys, now_ms)) end
  return {
    'ok', person.epoch, person.seq, redis.call('ZCARD', keys.unread), person.gen, person.elected, person.rev,
    recovered, rows or newest_rows(keys, notifications), popups,
  }
end

register('attach', attach)
