-- Dismiss or read entries in a log-in-as session: only what it shows changes, in all its tabs, for an hour (AMB-17).
--
-- KEYS  nine of the target and four of the view (library.lua)
-- ARGV  packed {user, operation = 'dismissed' | 'read', ids | up_to}
-- Returns {changed ids, unknown ids, unread}, as the session sees it. Idempotent: what is so already is not changed.

local function unread_up_to(keys, up_to)
  local ids = {}
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', keys.unread, '-inf', up_to)) do
    if is_unread(keys, id) then ids[#ids + 1] = id end
  end
  return ids
end

-- Which of these ids would change, and which are no entries of the target's.
local function sort_out(keys, asked, now_ms)
  local changed, unknown = {}, {}
  for _, id in ipairs(asked.ids) do
    if redis.call('HEXISTS', keys.entries, id) == 0 then
      unknown[#unknown + 1] = id
    elseif is_unread(keys, id) or (asked.operation == 'dismissed' and is_open(keys, id, now_ms)) then
      changed[#changed + 1] = id
    end
  end
  return changed, unknown
end

local function put_all_away(KEYS, ARGV)
  local asked, keys = cmsgpack.unpack(ARGV[1]), seat_keys(KEYS, 1, true)
  local changed, unknown = {}, {}
  if asked.ids then
    changed, unknown = sort_out(keys, asked, math.floor(clock_us() / 1000))
    for _, id in ipairs(changed) do put_away(keys, id, asked.operation) end
  else
    local up_to = math.min(asked.up_to, tonumber(redis.call('HGET', keys.target.user, 'seq') or 0))
    changed = unread_up_to(keys, up_to)
    if #changed > 0 then redis.call('HSET', keys.away, 'up_to', up_to) end
  end
  if #changed > 0 then
    redis.call('HINCRBY', keys.user, 'rev', 1)
    redis.call('EXPIRE', keys.away, VIEW_S)
    keep_view(keys)
    publish(keys.channel, {k = 'view', user = asked.user, silent = ''})
  end
  return {changed, unknown, count_unread(keys)}
end

register('put_away', put_all_away)
