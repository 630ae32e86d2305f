-- Take away what waits, or was given up, for a webhook that is gone, from one account; some at a time.
--
-- KEYS  the seven of the feed (feed.lua), messages:dead
-- ARGV  hook, how many at most
-- Returns how many were taken; fewer than asked for: nothing is left.

local function members(feed, dead, hook, most)
  local from, to = members_of(hook)
  local found = redis.call('ZRANGEBYLEX', feed.messages, from, to, 'LIMIT', 0, most)
  if #found == most then return found end
  for _, member in ipairs(redis.call('ZRANGEBYLEX', dead, from, to, 'LIMIT', 0, most - #found)) do
    found[#found + 1] = member
  end
  return found
end

local function forget_hook(KEYS, ARGV)
  local feed, dead = feed_keys(KEYS, 1), KEYS[FEED + 1]
  local found = members(feed, dead, ARGV[1], tonumber(ARGV[2]))
  in_pieces('ZREM', feed.messages, found)
  in_pieces('ZREM', dead, found)
  in_pieces('HDEL', feed.facts, found)
  redis.call('ZREM', feed.lanes, ARGV[1])
  for _, key in ipairs({feed.hooks, feed.dropped, feed.leases, feed.holds}) do redis.call('HDEL', key, ARGV[1]) end
  return #found
end

register('forget_hook', forget_hook)
