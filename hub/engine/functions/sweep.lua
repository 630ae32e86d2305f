-- Forget happenings that an account no longer keeps: bodies, event ids, receipts, recalls, decisions, broadcasts,
-- deliveries.
--
-- KEYS  ages, notifications, events, receipts, recalls, broadcasts, states, then decisions:<base> and deliveries:<base> of each
--       happening
-- ARGV  the members of ages, at most 200, in the order of their keys
-- Returns the number forgotten.

local function forget_standing(states, base)
  for _, channel in ipairs({'text', 'email'}) do
    for _, state in ipairs(STANDS) do
      local member = standing(channel, state, base)
      redis.call('ZREMRANGEBYLEX', states, '[' .. member .. '-', '(' .. member .. '.')
    end
  end
end

local function sweep(KEYS, ARGV)
  for i, member in ipairs(ARGV) do
    local base, event = string.match(member, '^(%S+) (.*)$')
    redis.call('HDEL', KEYS[2], base)
    if event ~= '' then redis.call('HDEL', KEYS[3], event) end
    for _, step in ipairs({'delivered', 'shown', 'dismissed', 'emailed'}) do
      redis.call('HDEL', KEYS[4], base .. ':' .. step)
    end
    redis.call('HDEL', KEYS[5], base)
    redis.call('HDEL', KEYS[6], base)
    redis.call('UNLINK', KEYS[6 + 2 * i], KEYS[7 + 2 * i])
    forget_standing(KEYS[7], base)
  end
  return redis.call('ZREM', KEYS[1], unpack(ARGV))
end

register('sweep', sweep)
