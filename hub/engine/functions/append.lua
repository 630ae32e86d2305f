-- Append one happening to the logs of a page of users of one account, elect, offer and publish: one step.
--
-- KEYS  leases, notifications, ages, events, decisions, plans, then `channels` channels, then nine per user (library.lua)
-- ARGV  packed {base, record, sticky, at, cutoff, epoch, event, marker, decisions, plan, channels,
--               account, users = {{user, index, reason code, channel 1..channels}, ...}}
-- Returns {'exists', marker} when an event with this id was accepted before (nothing is written), else {'ok', appended}.
--
-- Safe to repeat: a user who has the notification keeps its number, and is published again. A marker begins with the
-- base it was written for, so that a call repeated after a lost answer knows itself.
-- event, marker, decisions and plan come with the first page only.

local function already(keys, id)
  local packed = redis.call('HGET', keys.entries, id)
  return packed and cmsgpack.unpack(packed).s
end

local function write_entry(keys, person, id, seq, reason, page, now_ms)
  redis.call('ZADD', keys.inbox, seq, id)
  redis.call('ZADD', keys.unread, seq, id)
  redis.call('ZREMRANGEBYSCORE', keys.popups, '-inf', now_ms)
  redis.call('ZADD', keys.popups, page.sticky and STICKY + seq or now_ms + OPEN_MS, id)
  if person.elected ~= '' then redis.call('ZADD', keys.offers, now_ms + OFFER_MS, id) end
  redis.call('HSET', keys.entries, id, cmsgpack.pack({s = seq, r = reason, t = page.at, o = page.account}))
end

local function append_to(keys, user, index, reason, page, shared, now_ms)
  local id = page.base .. '-' .. index
  local person = read_person(keys.user)
  person.id = user
  local seq, tab, new = already(keys, id), '', false
  if seq then
    if redis.call('ZSCORE', keys.offers, id) then tab = person.elected end
  else
    new = true
    ensure_epoch(keys, person, page.epoch)
    trim(keys, page.cutoff, 2)
    settle(keys, person, shared.leases, shared.notifications, now_ms)
    tab = person.elected
    seq = log_change(keys, person, {k = 'notify', id = id, tab = tab, gen = person.gen})
    write_entry(keys, person, id, seq, reason, page, now_ms)
  end
  return {user, index, seq, redis.call('ZCARD', keys.unread), tab, person.gen, reason}, new
end

local function append(KEYS, ARGV)
  local page = cmsgpack.unpack(ARGV[1])
  if page.event then
    local marker = redis.call('HGET', KEYS[4], page.event)
    local is_this = marker and string.sub(marker, 1, #page.base + 1) == page.base .. ' '
    if marker and not is_this then return {'exists', marker} end
  end
  local now_ms = math.floor(clock_us() / 1000)
  local shared = {leases = read_leases(KEYS[1]), notifications = KEYS[2]}
  if redis.call('HSETNX', KEYS[2], page.base, page.record) == 1 then
    redis.call('ZADD', KEYS[3], page.at, page.base .. ' ' .. (page.event or ''))
  end
  local told, appended = {}, 0
  for i, entry in ipairs(page.users) do
    local keys = user_keys(KEYS, 7 + page.channels + 9 * (i - 1))
    local row, new = append_to(keys, entry[1], entry[2], entry[3], page, shared, now_ms)
    told[entry[4]] = told[entry[4]] or {}
    table.insert(told[entry[4]], row)
    if new then appended = appended + 1 end
  end
  if page.decisions then redis.call('HSET', KEYS[5], page.base, page.decisions) end
  if page.plan then redis.call('HSET', KEYS[6], page.base, page.plan) end
  if page.event then redis.call('HSET', KEYS[4], page.event, page.marker) end
  for channel, users in pairs(told) do
    publish(KEYS[6 + channel], {k = 'notify', base = page.base, record = page.record, users = users})
  end
  return {'ok', appended}
end

register('append', append)
