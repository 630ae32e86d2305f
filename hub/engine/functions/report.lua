-- Take what a tab says of its attention, and elect again. Speaking at all ends a tab's silence.
--
-- KEYS  leases, notifications, nine of the user and, for a view, four of it (library.lua)
-- ARGV  packed {user, view, tab, connection, gateway, state}
-- Returns 'ok', or 'superseded' when another connection took this tab id over.
-- Only `focused` counts as activity (the person acted); a tab the store forgot (its gateway paused) is registered anew.

local function report(KEYS, ARGV)
  local asked, now_us = cmsgpack.unpack(ARGV[1]), clock_us()
  local keys, now_ms = seat_keys(KEYS, 3, asked.view), math.floor(now_us / 1000)
  local person = read_person(keys.user)
  person.id = asked.user
  local tab = person.tabs[asked.tab] or {a = now_us, c = now_us, g = asked.gateway, n = asked.connection}
  if tab.n ~= asked.connection then return 'superseded' end
  tab.s, tab.z = asked.state, nil
  if asked.state == 'focused' then tab.a = now_us end
  write_tab(keys, person, asked.tab, tab)
  settle(keys, person, read_leases(KEYS[1]), KEYS[2], now_ms)
  return 'ok'
end

register('report', report)
