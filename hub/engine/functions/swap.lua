-- Replace one value of a hash, if it is still the one that was read.
--
-- KEYS  the hash
-- ARGV  field, the value that was read, the new one
-- Returns 1, or 0 when another value is there, or none.

local function swap(KEYS, ARGV)
  if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  return 1
end

register('swap', swap)
