-- Take work that is due, leasing it: whoever dies with it, another takes it up when the lease ran out.
--
-- KEYS  the queue (sorted set member -> due ms)
-- ARGV  most, lease in ms
-- Returns each member taken, followed by when its lease ends as it now stands in the queue (forget_work.lua). That is
-- half a millisecond off: no time that anybody else sets, so what is queued anew meanwhile is never taken for this.

local function claim_work(KEYS, ARGV)
  local now_ms, taken = math.floor(clock_us() / 1000), {}
  local ends = string.format('%.1f', now_ms + tonumber(ARGV[2]) + 0.5)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms, 'LIMIT', 0, tonumber(ARGV[1]))) do
    redis.call('ZADD', KEYS[1], ends, member)
    taken[#taken + 1] = member
    taken[#taken + 1] = ends
  end
  return taken
end

register('claim_work', claim_work)
