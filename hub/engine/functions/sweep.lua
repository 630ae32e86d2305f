-- Forget happenings that an account no longer keeps: bodies, event ids, receipts, recalls, decisions, broadcasts,
-- deliveries.
--
-- KEYS  ages, notifications, events, receipts, recalls, broadcasts, states, then decisions:<base> and deliveries:<base> of each
--       happening
-- ARGV  the members of ages, at most 200, in the order of their keys
-- Returns how many members of `ages` were forgotten: not all, when those had so many deliveries that a call has enough to do.
-- It is to be called until nothing old is left.

local MOST_FORGOTTEN = 2500  -- of `states` in a call: some 1 ms

-- Take a happening's deliveries out of the index, as many as are left in the budget; tell whether that is all.
local function forget_standing(states, base, budget)
  for _, channel in ipairs({'text', 'email'}) do
    for _, state in ipairs(STANDS) do
      local member = standing(channel, state, base)
      local from, to = '[' .. member .. '-', '(' .. member .. '.'
      local count = redis.call('ZLEXCOUNT', states, from, to)
      if count > budget.left then
        local first = redis.call('ZLEXCOUNT', states, '-', '(' .. member .. '-')
        redis.call('ZREMRANGEBYRANK', states, first, first + budget.left - 1)
        return false
      end
      if count > 0 then redis.call('ZREMRANGEBYLEX', states, from, to) end
      budget.left = budget.left - count
    end
  end
  return true
end

local function sweep(KEYS, ARGV)
  local budget, gone = {left = MOST_FORGOTTEN}, 0
  for i, member in ipairs(ARGV) do
    local base, event = string.match(member, '^(%S+) (.*)$')
    if budget.left == 0 or not forget_standing(KEYS[7], base, budget) then break end
    redis.call('HDEL', KEYS[2], base)
    if event ~= '' then redis.call('HDEL', KEYS[3], event) end
    for _, step in ipairs({'delivered', 'shown', 'dismissed', 'emailed'}) do
      redis.call('HDEL', KEYS[4], base .. ':' .. step)
    end
    redis.call('HDEL', KEYS[5], base)
    redis.call('HDEL', KEYS[6], base)
    redis.call('UNLINK', KEYS[6 + 2 * i], KEYS[7 + 2 * i])
    gone = gone + redis.call('ZREM', KEYS[1], member)
  end
  return gone
end

register('sweep', sweep)
