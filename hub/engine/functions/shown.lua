-- Take a tab's word that it has these pop-ups: their offers are answered.
--
-- KEYS  nine of the user and, for a view, four of it (library.lua)
-- ARGV  packed {view, connection, ids}
-- Returns the number of offers answered. Only the connection that holds the current offers can answer them.

local function shown(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local keys = seat_keys(KEYS, 1, asked.view)
  if redis.call('HGET', keys.user, 'holder') ~= asked.connection then return 0 end
  local answered = 0
  for _, id in ipairs(asked.ids) do answered = answered + redis.call('ZREM', keys.offers, id) end
  return answered
end

register('shown', shown)
