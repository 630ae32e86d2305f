-- Forget what an account no longer keeps: shared bodies, decisions and event ids, at most 200 a call.
--
-- KEYS  notifications, ages, events, decisions
-- ARGV  cutoff in ms of business time
-- Returns the number forgotten; call again while it is 200.

local function sweep(KEYS, ARGV)
  local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, 200)
  for _, member in ipairs(old) do
    local base, event = string.match(member, '^(%S+) (.*)$')
    redis.call('HDEL', KEYS[1], base)
    redis.call('HDEL', KEYS[4], base)
    if event ~= '' then redis.call('HDEL', KEYS[3], event) end
    redis.call('ZREM', KEYS[2], member)
  end
  return #old
end

register('sweep', sweep)
