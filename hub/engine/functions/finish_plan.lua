-- Take away a plan of which nothing is left to append; of a broadcast this is the end, which is told.
--
-- KEYS  plan:<base>, broadcasts, the seven of the feed (feed.lua)
-- ARGV  base, business time in ms, how many got it
-- Returns how many messages to webhooks that makes. Who comes second finds no plan, and tells nothing.

local function finish_plan(KEYS, ARGV)
  local feed = listeners(KEYS)
  if redis.call('UNLINK', KEYS[1]) == 0 then return 0 end
  if feed and redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then
    tell(feed, 'broadcast.finished', tonumber(ARGV[2]), {id = ARGV[1], d = tonumber(ARGV[3])})
  end
  return pass_on(feed)
end

register('finish_plan', finish_plan)
