-- Have some deliveries of a happening found by how they stand: those that were written by a hub that kept no such index, or
-- were changed by one.
--
-- KEYS  deliveries:<base>, states
-- ARGV  base, then at most 200 fields
-- Returns how many there are. Safe to repeat.

local function index_deliveries(KEYS, ARGV)
  local count = 0
  for i = 2, #ARGV do
    local index, channel = string.match(ARGV[i], '^(%d+):(%a+)$')
    local packed = index and redis.call('HGET', KEYS[1], ARGV[i])
    if packed then
      index_delivery(KEYS[2], channel, ARGV[1] .. '-' .. index, cmsgpack.unpack(packed).s)
      count = count + 1
    end
  end
  return count
end

register('index_deliveries', index_deliveries)
