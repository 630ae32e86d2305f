-- Queue what was given up for a webhook in an account again, in its old place, with as many attempts as it had at first.
--
-- KEYS  the seven of the feed (feed.lua), messages:dead
-- ARGV  hook
-- Returns how many messages that makes.

local function replay(KEYS, ARGV)
  local feed, dead, count = feed_keys(KEYS, 1), KEYS[FEED + 1], 0
  for _, member in ipairs(redis.call('ZRANGE', dead, 0, -1)) do
    local packed = string.match(member, '^(%S+) ') == ARGV[1] and redis.call('HGET', feed.facts, member)
    if packed then
      local fact = cmsgpack.unpack(packed)
      fact.o, fact.f, fact.b, fact.q = fact.n, nil, nil, nil
      redis.call('HSET', feed.facts, member, cmsgpack.pack(fact))
      redis.call('ZREM', dead, member)
      redis.call('ZADD', feed.messages, 0, member)
      count = count + 1
    end
  end
  if count > 0 then wake_lane(feed, ARGV[1], 0) end
  return count
end

register('replay', replay)
