-- Say who listens to what happens in an account: exactly these webhooks, and nobody else.
--
-- KEYS  the seven of the feed (feed.lua), messages:dead, hooks:version
-- ARGV  packed {tree, number = how far whoever asks has read the accounts and the webhooks, over = an answer {'older', …}
--               after which everything was read anew, is_gone: there is no such account, keep nothing of it},
--       then hook, packed {e = events, v = version}, ...
-- Returns {'ok', woken 0|1, hooks that have messages here and do not listen}, or {'older', what is known here} when
-- somebody who had read more was here before: then nothing is done. What was read after that answer counts, even if it is
-- less: the directory may have lost its latest changes.
--
-- A webhook that changed, or that listens again, is tried at once: what waits for it waits no longer for a retry. Safe to
-- repeat.

local function wake(feed, hook)
  local from, to = members_of(hook)
  redis.call('HDEL', feed.holds, hook)
  if redis.call('ZLEXCOUNT', feed.messages, from, to) == 0 then return 0 end
  wake_lane(feed, hook, 0)
  return 1
end

-- Jump from hook to hook through messages.
local function find_deaf(key, wanted, found)
  local from = '-'
  while true do
    local member = redis.call('ZRANGEBYLEX', key, from, '+', 'LIMIT', 0, 1)[1]
    if not member then return end
    local hook = string.match(member, '^(%S+) ')
    if not wanted[hook] then found[hook] = true end
    from = '(' .. hook .. '!'
  end
end

local function deaf(feed, dead, wanted)
  local found, names = {}, {}
  find_deaf(feed.messages, wanted, found)
  find_deaf(dead, wanted, found)
  for _, hook in ipairs(redis.call('HKEYS', feed.holds)) do
    if not wanted[hook] then found[hook] = true end
  end
  for hook in pairs(found) do names[#names + 1] = hook end
  return names
end

local function is_older(asked, known)
  local tree, number = string.match(known, '^(%d+) (%d+)$')
  return tree and (asked.tree < tonumber(tree) or asked.number < tonumber(number))
end

local function listen(KEYS, ARGV)
  local feed, asked, wanted, woken = feed_keys(KEYS, 1), cmsgpack.unpack(ARGV[1]), {}, 0
  local known = redis.call('GET', KEYS[FEED + 2])
  if known and known ~= asked.over and is_older(asked, known) then return {'older', known} end
  for i = 2, #ARGV, 2 do wanted[ARGV[i]] = ARGV[i + 1] end
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
  if asked.is_gone then
    redis.call('DEL', KEYS[FEED + 2])
  else
    redis.call('SET', KEYS[FEED + 2], string.format('%.0f %.0f', asked.tree, asked.number))
  end
  return {'ok', woken, deaf(feed, KEYS[FEED + 1], wanted)}
end

register('listen', listen)
