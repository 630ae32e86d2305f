-- Take a user's lane of one channel away, with all that waits in it.
--
-- KEYS  lane:<channel>:<user>, lanes:<channel>, lane-leases:<channel>, lane-holds:<channel>
-- ARGV  user
-- Returns the number of deliveries that waited.

local function forget_lane(KEYS, ARGV)
  local waiting = redis.call('ZCARD', KEYS[1])
  redis.call('UNLINK', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('HDEL', KEYS[3], ARGV[1])
  redis.call('HDEL', KEYS[4], ARGV[1])
  return waiting
end

register('forget_lane', forget_lane)
