-- Take away what waits, or was given up, for a webhook that is gone, from one account; some at a time.
--
-- KEYS  the seven of the feed (feed.lua), messages:dead
-- ARGV  hook, how many at most
-- Returns how many were taken; fewer than asked for: nothing is left.

local function members(feed, dead, hook, most)
  local from, to = members_of(hook)
  local found = redis.call('ZRANGEBYLEX', feed.messages, from, to, 'LIMIT', 0, most)
  for _, member in ipairs(redis.call('ZRANGE', dead, 0, -1)) do
    if #found < most and string.match(member, '^(%S+) ') == hook then found[#found + 1] = member end
  end
  return found
end

local function forget_hook(KEYS, ARGV)
  local feed, dead = feed_keys(KEYS, 1), KEYS[FEED + 1]
  local found = members(feed, dead, ARGV[1], tonumber(ARGV[2]))
  for _, member in ipairs(found) do
    redis.call('ZREM', feed.messages, member)
    redis.call('ZREM', dead, member)
    redis.call('HDEL', feed.facts, member)
  end
  redis.call('ZREM', feed.lanes, ARGV[1])
  for _, key in ipairs({feed.hooks, feed.dropped, feed.leases, feed.holds}) do redis.call('HDEL', key, ARGV[1]) end
  return #found
end

register('forget_hook', forget_hook)
