-- Put a message that only tries a webhook out before all that waits for it, and have it tried at once.
--
-- KEYS  the seven of the feed (feed.lua), of the account whose webhook it is
-- ARGV  hook, a name for it that no number is sorted before, packed fact
-- Returns 1, or 0 when the webhook does not listen: then nothing is done. Safe to repeat.

local function ping(KEYS, ARGV)
  local feed, member = feed_keys(KEYS, 1), ARGV[1] .. ' ' .. ARGV[2]
  if redis.call('HEXISTS', feed.hooks, ARGV[1]) == 0 then return 0 end
  redis.call('HSET', feed.facts, member, ARGV[3])
  redis.call('ZADD', feed.messages, 0, member)
  redis.call('HDEL', feed.holds, ARGV[1])
  wake_lane(feed, ARGV[1], 0)
  return 1
end

register('ping', ping)
