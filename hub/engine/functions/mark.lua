-- Dismiss, read, archive or restore entries of one user: one change in the log, one message to every tab.
--
-- KEYS  receipts, nine of the user (library.lua), the seven of the feed (feed.lua)
-- ARGV  packed {user, operation = 'dismissed' | 'read' | 'archived' | 'restored', ids | up_to, epoch,
--               at = business time in ms}
-- Returns {changed ids, unknown ids, unread, seq, more, how many messages to webhooks that makes}. Idempotent: what is so
-- already is neither changed nor unknown.
-- At most 1,000 entries are changed a call, and 100 where each of them is told to webhooks; with `up_to` the oldest first.
-- more: how many were looked at, if that was not all: call again, without the `ids` that were.

local MOST = 1000
local MOST_TOLD = 100

local function close_popup(keys, id)
  redis.call('ZREM', keys.offers, id)
  return redis.call('ZREM', keys.popups, id)
end

local MARK = {
  dismissed = function(keys, id)
    return close_popup(keys, id) + redis.call('ZREM', keys.unread, id) > 0
  end,
  read = function(keys, id)
    return redis.call('ZREM', keys.unread, id) > 0
  end,
  archived = function(keys, id)
    local seq = redis.call('ZSCORE', keys.inbox, id)
    if not seq then return false end
    close_popup(keys, id)
    redis.call('ZREM', keys.unread, id)
    redis.call('ZREM', keys.inbox, id)
    redis.call('ZADD', keys.archive, seq, id)
    return true
  end,
  restored = function(keys, id)
    local seq = redis.call('ZSCORE', keys.archive, id)
    if not seq then return false end
    redis.call('ZREM', keys.archive, id)
    redis.call('ZADD', keys.inbox, seq, id)
    return true
  end,
}

-- What the operation could concern whose number is at most `up_to`; so many at a time.
local SOURCE = {archived = 'inbox', restored = 'archive', read = 'unread', dismissed = 'unread'}

local function ids_up_to(keys, operation, up_to, most)
  local ids = redis.call('ZRANGEBYSCORE', keys[SOURCE[operation]], '-inf', up_to, 'LIMIT', 0, most)
  if operation ~= 'dismissed' or #ids == most then return ids end
  for _, id in ipairs(redis.call('ZRANGE', keys.popups, 0, most - 1)) do
    local seq = redis.call('ZSCORE', keys.inbox, id)
    if seq and tonumber(seq) <= up_to and not redis.call('ZSCORE', keys.unread, id) then ids[#ids + 1] = id end
  end
  return ids
end

local function reason_of(keys, id)
  return cmsgpack.unpack(redis.call('HGET', keys.entries, id)).r
end

local function mark(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local keys, apply = user_keys(KEYS, 2), MARK[asked.operation]
  local person = read_person(keys.user)
  local feed = asked.operation == 'dismissed' and listeners(KEYS) or nil
  local changed, unknown = {}, {}
  local most = feed and MOST_TOLD or MOST
  local ids = asked.ids or ids_up_to(keys, asked.operation, asked.up_to, most)
  local more = #ids > most or not asked.ids and #ids == most
  for i = 1, math.min(#ids, most) do
    local id = ids[i]
    if redis.call('HEXISTS', keys.entries, id) == 0 then
      unknown[#unknown + 1] = id
    elseif apply(keys, id) then
      changed[#changed + 1] = id
      if asked.operation == 'dismissed' then
        count_receipt(keys, KEYS[1], id, 'dismissed')
        tell(feed, 'notification.dismissed', asked.at, {id = id, u = asked.user, r = reason_of(keys, id)})
      end
    end
  end
  local unread = redis.call('ZCARD', keys.unread)
  if #changed > 0 then
    ensure_epoch(keys, person, asked.epoch)
    local change = {k = asked.operation}
    if asked.operation == 'read' and asked.up_to and not more then change.up_to = asked.up_to else change.ids = changed end
    local seq = log_change(keys, person, change)
    publish(keys.channel, {
      k = 'mark', user = asked.user, op = asked.operation, seq = seq,
      ids = change.ids, up_to = change.up_to, unread = unread,
    })
  end
  return {changed, unknown, unread, person.seq, more and most or 0, pass_on(feed)}
end

register('mark', mark)
