-- Say who listens to what happens in an account: exactly these webhooks, and nobody else.
--
-- KEYS  the seven of the feed (feed.lua)
-- ARGV  hook, packed {e = events, v = version}, ...
-- Returns {woken 0|1, hooks that have messages here and do not listen}. A webhook that changed, or that listens again, is
-- tried at once: what waits for it waits no longer for a retry. Safe to repeat.

local function wake(feed, hook)
  local from, to = members_of(hook)
  redis.call('HDEL', feed.holds, hook)
  if redis.call('ZLEXCOUNT', feed.messages, from, to) == 0 then return 0 end
  wake_lane(feed, hook, 0)
  return 1
end

-- Jump from hook to hook through the messages.
local function deaf(feed, wanted)
  local found, from = {}, '-'
  while true do
    local member = redis.call('ZRANGEBYLEX', feed.messages, from, '+', 'LIMIT', 0, 1)[1]
    if not member then return found end
    local hook = string.match(member, '^(%S+) ')
    if not wanted[hook] then found[#found + 1] = hook end
    from = '(' .. hook .. '!'
  end
end

local function listen(KEYS, ARGV)
  local feed, wanted, woken = feed_keys(KEYS, 1), {}, 0
  for i = 1, #ARGV, 2 do wanted[ARGV[i]] = ARGV[i + 1] end
  local there = {}
  local flat = redis.call('HGETALL', feed.hooks)
  for i = 1, #flat, 2 do
    there[flat[i]] = flat[i + 1]
    if not wanted[flat[i]] then redis.call('HDEL', feed.hooks, flat[i]) end
  end
  for hook, packed in pairs(wanted) do
    if there[hook] ~= packed then
      redis.call('HSET', feed.hooks, hook, packed)
      woken = math.max(woken, wake(feed, hook))
    end
  end
  return {woken, deaf(feed, wanted)}
end

register('listen', listen)
