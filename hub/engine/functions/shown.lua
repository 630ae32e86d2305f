-- Take a tab's word that it has these pop-ups: their offers are answered.
--
-- KEYS  receipts, nine of the user and, for a view, four of it (library.lua)
-- ARGV  packed {view, connection, ids}
-- Returns the number of offers answered. Only the connection that holds the current offers can answer them. What a
-- log-in-as session shows counts in no receipt.

local function shown(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local keys = seat_keys(KEYS, 2, asked.view)
  if redis.call('HGET', keys.user, 'holder') ~= asked.connection then return 0 end
  local answered = 0
  for _, id in ipairs(asked.ids) do
    if redis.call('ZREM', keys.offers, id) == 1 then
      answered = answered + 1
      if not keys.away then count_receipt(keys, KEYS[1], id, 'shown') end
    end
  end
  return answered
end

register('shown', shown)
