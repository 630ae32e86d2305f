-- Queue what was given up for a webhook in an account again, in its old place, with as many attempts as it had at first;
-- some at a time.
--
-- KEYS  the seven of the feed (feed.lua), messages:dead
-- ARGV  hook, how many at most
-- Returns how many messages that makes; fewer than asked for: nothing is left.

local function replay(KEYS, ARGV)
  local feed, dead, count = feed_keys(KEYS, 1), KEYS[FEED + 1], 0
  local from, to = members_of(ARGV[1])
  for _, member in ipairs(redis.call('ZRANGEBYLEX', dead, from, to, 'LIMIT', 0, tonumber(ARGV[2]))) do
    local packed = redis.call('HGET', feed.facts, member)
    if packed then
      local fact = cmsgpack.unpack(packed)
      fact.o, fact.f, fact.b, fact.q = fact.n, nil, nil, nil
      redis.call('HSET', feed.facts, member, cmsgpack.pack(fact))
      redis.call('ZADD', feed.messages, 0, member)
    end
    redis.call('ZREM', dead, member)
    count = count + 1
  end
  if count > 0 then wake_lane(feed, ARGV[1], 0) end
  return count
end

register('replay', replay)
