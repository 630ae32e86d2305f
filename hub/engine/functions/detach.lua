-- Forget a tab whose connection ended, and elect again.
--
-- KEYS  leases, notifications, nine of the user and, for a view, four of it (library.lua)
-- ARGV  packed {user, view, tab, connection}
-- Returns 1 when the tab was this connection's, else 0 (it was taken over, or forgotten already).

local function detach(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local keys = seat_keys(KEYS, 3, asked.view)
  local person = read_person(keys.user)
  person.id = asked.user
  local tab = person.tabs[asked.tab]
  if not tab or tab.n ~= asked.connection then return 0 end
  person.tabs[asked.tab] = nil
  redis.call('HDEL', keys.user, 'tab:' .. asked.tab)
  settle(keys, person, read_leases(KEYS[1]), KEYS[2], math.floor(clock_us() / 1000))
  return 1
end

register('detach', detach)
