-- Say which lanes of one channel of an account have something due.
--
-- KEYS  lanes:<channel>, lane-leases:<channel>
-- ARGV  business time in ms, how many at most
-- Returns {users, leases there are, when the first lane that nobody has is due (-1 = none)}. A lane whose lease ran out is
-- there to be taken again.

local function due_lanes(KEYS, ARGV)
  local leases = #live_leases(KEYS[1], KEYS[2], math.floor(clock_us() / 1000))
  local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
  return {due, leases, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or '-1'}
end

register('due_lanes', due_lanes)
