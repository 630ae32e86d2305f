-- Forget happenings that an account no longer keeps: bodies, event ids, receipts, recalls, decisions, broadcasts.
--
-- KEYS  ages, notifications, events, receipts, recalls, broadcasts, then decisions:<base> of each happening
-- ARGV  the members of ages, at most 200, in the order of their decisions
-- Returns the number forgotten.

local function sweep(KEYS, ARGV)
  for i, member in ipairs(ARGV) do
    local base, event = string.match(member, '^(%S+) (.*)$')
    redis.call('HDEL', KEYS[2], base)
    if event ~= '' then redis.call('HDEL', KEYS[3], event) end
    redis.call('HDEL', KEYS[4], base .. ':delivered', base .. ':shown', base .. ':dismissed')
    redis.call('HDEL', KEYS[5], base)
    redis.call('HDEL', KEYS[6], base)
    redis.call('UNLINK', KEYS[6 + i])
  end
  return redis.call('ZREM', KEYS[1], unpack(ARGV))
end

register('sweep', sweep)
