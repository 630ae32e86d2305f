-- Say which lanes of one channel of an account have something due.
--
-- KEYS  lanes:<channel>, lane-leases:<channel>
-- ARGV  business time in ms, how many at most
-- Returns {users, leases there are, when the first lane that nobody has is due (-1 = none)}. A lane whose lease ran out is
-- there to be taken again.

local function due_lanes(KEYS, ARGV)
  local now_ms, leases = math.floor(clock_us() / 1000), 0
  local flat = redis.call('HGETALL', KEYS[2])
  for i = 1, #flat, 2 do
    local lease = cmsgpack.unpack(flat[i + 1])
    if lease.e <= now_ms then
      redis.call('HDEL', KEYS[2], flat[i])
      redis.call('ZADD', KEYS[1], lease.d, flat[i])
    else
      leases = leases + 1
    end
  end
  local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
  return {due, leases, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or '-1'}
end

register('due_lanes', due_lanes)
