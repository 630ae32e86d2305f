-- Take work that is due, leasing it: whoever dies with it, another takes it up when the lease ran out.
--
-- KEYS  the queue (sorted set member -> due ms)
-- ARGV  most, lease in ms
-- Returns the members taken.

local function claim_work(KEYS, ARGV)
  local now_ms = math.floor(clock_us() / 1000)
  local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms, 'LIMIT', 0, tonumber(ARGV[1]))
  for _, member in ipairs(due) do redis.call('ZADD', KEYS[1], now_ms + tonumber(ARGV[2]), member) end
  return due
end

register('claim_work', claim_work)
