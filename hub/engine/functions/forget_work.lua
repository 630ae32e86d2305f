-- Take work out of which nothing was found, unless it was queued anew since it was claimed: then there may be by now.
--
-- KEYS  the queue (sorted set member -> due ms)
-- ARGV  member, the end of its lease as claim_work gave it
-- Returns 1, or 0 when it stays.

local function forget_work(KEYS, ARGV)
  local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
  if not due or tonumber(due) ~= tonumber(ARGV[2]) then return 0 end
  return redis.call('ZREM', KEYS[1], ARGV[1])
end

register('forget_work', forget_work)
