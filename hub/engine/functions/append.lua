-- Append one happening to the logs of a page of users of one account, elect, offer and publish: one step.
--
-- KEYS  leases, notifications, ages, events, receipts, recalls, reasons, users, broadcasts, decisions:<base>,
--       plan:<base>, then a channel for each of `channels`, then nine per user (library.lua), then with `outgoing`
--       deliveries:<base>, states, of text and of email lanes, lane-leases and lane-holds, and the lane of each that is queued;
--       then the seven of the feed (feed.lua); at the end with `tally` burst:<line>:<number>
-- ARGV  packed {base, record, sticky, at, cutoff, epoch, account, counted, sample, channels = {suffix, ...},
--               users = {{user, index, reason code, channel 1..}, ...}, skipped = {{user, index, reason code}, ...},
--               outgoing = {{user, index, 'text' | 'email', reason code, address, due ms, what it waits for or false, urgent,
--               not once it is seen, its id in the app where that is another}, ...}: what is not sent ends with its reason,
--               event, marker, planned, broadcast = {id, document}, tally = {at, more_than, window, kept, fires}}: the
--               last five come with the first page only
-- Returns {'exists', marker} when an event with this id was accepted before, {'lapsed'} when the page is to commit a plan
-- that is gone, {'burst', 0|1} when its text makes a burst, or none, and the page `fires` otherwise (nothing is written in
-- any of these cases), else {'ok', appended, how many messages to webhooks that makes}.
--
-- Safe to repeat: a user who has the notification keeps its number, and is published again; a delivery that is there is
-- left as it is, sent or not. A marker begins with the base it was written for, so that a first page repeated after a lost
-- answer knows itself. After a recall nothing is written; and nothing is ever written of a user whom the account does not
-- have: they may have been erased since.

local FIXED = 11

local function is_member(KEYS, page, user)
  local known = page.known[user]
  if known == nil then
    known = redis.call('HEXISTS', KEYS[8], user) == 1
    page.known[user] = known
  end
  return known
end

local function already(keys, id)
  local packed = redis.call('HGET', keys.entries, id)
  return packed and cmsgpack.unpack(packed).s
end

-- A counted entry knows the channel that it went over: a recall takes the same.
local function write_entry(keys, person, id, seq, entry, page, now_ms)
  redis.call('ZADD', keys.inbox, seq, id)
  if not page.sample then redis.call('ZADD', keys.unread, seq, id) end
  redis.call('ZREMRANGEBYSCORE', keys.popups, '-inf', now_ms)
  redis.call('ZADD', keys.popups, page.sticky and STICKY + seq or now_ms + OPEN_MS, id)
  if person.elected ~= '' then redis.call('ZADD', keys.offers, now_ms + OFFER_MS, id) end
  redis.call('HSET', keys.entries, id, cmsgpack.pack({
    s = seq, r = entry[3], t = page.at, o = page.account, h = page.counted and page.channels[entry[4]] or nil,
  }))
end

local function append_to(keys, entry, page, shared, now_ms)
  local id = page.base .. '-' .. entry[2]
  local person = read_person(keys.user)
  person.id = entry[1]
  local seq, tab, new = already(keys, id), '', false
  if seq then
    if redis.call('ZSCORE', keys.offers, id) then tab = person.elected end
  else
    new = true
    ensure_epoch(keys, person, page.epoch)
    trim(keys, page.cutoff, 2)
    settle(keys, person, shared.leases, shared.notifications, now_ms, nil, shared.budget)
    tab = person.elected
    seq = log_change(keys, person, {k = 'notify', id = id, tab = tab, gen = person.gen})
    write_entry(keys, person, id, seq, entry, page, now_ms)
  end
  return {entry[1], entry[2], seq, redis.call('ZCARD', keys.unread), tab, person.gen, entry[3]}, new
end

-- Note for everyone considered why they are told or not.
local function decide(KEYS, page)
  local codes = {}
  for _, entries in ipairs({page.users, page.skipped}) do
    for _, entry in ipairs(entries) do
      if is_member(KEYS, page, entry[1]) then
        redis.call('ZADD', KEYS[10], entry[2], entry[1] .. ' ' .. entry[3])
        codes[entry[3]] = true
      end
    end
  end
  for code in pairs(codes) do redis.call('SADD', KEYS[7], code) end
end

-- What goes out, one row of the page as it is stored.
local function delivery(row, page)
  local record = {u = row[1], r = row[4], s = row[6] and 'queued' or 'skipped', n = 0, at = page.at}
  if row[6] then
    record.to, record.d, record.x = row[5], row[6], row[8] or nil
    record.p, record.c = row[7] or nil, page.counted and row[3] == 'email' or nil
    record.g, record.w = row[9] or nil, row[10]
  end
  return cmsgpack.pack(record)
end

-- Where the lanes of the channels are, and whether any of them is leased or waits: mostly none is.
local function lanes_of(KEYS, first)
  local found = {}
  for i, channel in ipairs({'text', 'email'}) do
    local place = first + 3 * i - 2
    local keys = {lanes = KEYS[place], leases = KEYS[place + 1], holds = KEYS[place + 2]}
    keys.busy = redis.call('EXISTS', keys.leases, keys.holds) > 0
    found[channel] = keys
  end
  return found
end

-- Write what goes out by text and e-mail, and what does not and why; what is to be sent enters its lane. A row that is not
-- sent is the same whenever it is written; one that is may have been sent since.
local function queue(KEYS, page)
  local first = FIXED + #page.channels + 9 * #page.users + 1
  local lanes, next_lane, fields, states = lanes_of(KEYS, first + 1), first + 7, {}, {}
  for _, row in ipairs(page.outgoing) do
    local field, is_here, id = row[2] .. ':' .. row[3], is_member(KEYS, page, row[1]), page.base .. '-' .. row[2]
    if row[6] then next_lane = next_lane + 1 end
    if is_here and not row[6] then
      fields[#fields + 1], fields[#fields + 2] = field, delivery(row, page)
      states[#states + 1], states[#states + 2] = 0, standing(row[3], 'skipped', id)
    elseif is_here and redis.call('HSETNX', KEYS[first], field, delivery(row, page)) == 1 then
      lanes[row[3]].lane = KEYS[next_lane]
      enter_lane(lanes[row[3]], row[1], id, row[6])
      states[#states + 1], states[#states + 2] = 0, standing(row[3], 'queued', id)
    end
    if is_here then fields[#fields + 1], fields[#fields + 2] = '@' .. row[1], row[2] end
  end
  in_pieces('HSET', KEYS[first], fields)
  in_pieces('ZADD', KEYS[first + 1], states)
end

local BURST_S = 3600  -- far more than a window, by the store's clock: business time may stand still

-- Count a text among those of its line and number; core/bursts.py is the readable twin.
local function count_text(key, tally)
  local packed = redis.call('GET', key)
  local times, near, most = packed and cmsgpack.unpack(packed) or {}, {}, 0
  times[#times + 1] = tally.at
  if #times > tally.kept then table.remove(times, 1) end
  for _, at in ipairs(times) do
    if math.abs(at - tally.at) <= tally.window then near[#near + 1] = at end
  end
  for _, first in ipairs(near) do
    local count = 0
    for _, at in ipairs(near) do
      if first <= at and at <= first + tally.window then count = count + 1 end
    end
    if first <= tally.at then most = math.max(most, count) end
  end
  return most == tally.more_than + 1, times
end

-- What has to be known before the first write: the answer if nothing is to be written, and whether this is a repetition.
local function look_before(KEYS, page)
  local marker = page.event and redis.call('HGET', KEYS[4], page.event)
  local is_again = marker and string.sub(marker, 1, #page.base + 1) == page.base .. ' '
  if marker and not is_again then return {'exists', marker} end
  if redis.call('HEXISTS', KEYS[6], page.base) == 1 then return {'ok', 0} end
  if page.planned and not is_again and redis.call('EXISTS', KEYS[11]) == 0 then return {'lapsed'} end
  if not page.event and redis.call('EXISTS', KEYS[8]) == 0 then return {'ok', 0} end
  if page.tally and not is_again then
    local fires, times = count_text(KEYS[#KEYS], page.tally)
    if fires ~= page.tally.fires then return {'burst', fires and 1 or 0} end
    page.texts = times
  end
  return nil, is_again
end

local function append_to_all(KEYS, page, feed)
  local now_ms, told, appended = math.floor(clock_us() / 1000), {}, 0
  local shared = {leases = read_leases(KEYS[1]), notifications = KEYS[2], budget = {left = REOFFERED_BYTES}}
  for i, entry in ipairs(page.users) do
    if is_member(KEYS, page, entry[1]) then
      local keys = user_keys(KEYS, FIXED + #page.channels + 9 * (i - 1) + 1)
      local row, new = append_to(keys, entry, page, shared, now_ms)
      told[entry[4]] = told[entry[4]] or {}
      table.insert(told[entry[4]], row)
      if new then
        appended = appended + 1
        tell(feed, 'notification.created', page.at, {id = page.base .. '-' .. entry[2], u = entry[1], r = entry[3]})
      end
    end
  end
  return told, appended
end

local function append(KEYS, ARGV)
  local page = cmsgpack.unpack(ARGV[1])
  page.known = {}
  local answer, is_again = look_before(KEYS, page)
  if answer then return answer end
  local feed = listeners(KEYS, page.tally and #KEYS - 1)
  if redis.call('HSETNX', KEYS[2], page.base, page.record) == 1 then
    redis.call('ZADD', KEYS[3], page.at, page.base .. ' ' .. (page.event or ''))
  end
  local told, appended = append_to_all(KEYS, page, feed)
  decide(KEYS, page)
  if #page.outgoing > 0 then queue(KEYS, page) end
  if page.counted then redis.call('HINCRBY', KEYS[5], page.base .. ':delivered', appended) end
  if page.broadcast and not is_again then
    redis.call('HSET', KEYS[9], page.broadcast[1], page.broadcast[2])
    if not page.planned then tell(feed, 'broadcast.finished', page.at, {id = page.broadcast[1], d = appended}) end
  end
  if page.planned and not is_again then redis.call('HSET', KEYS[11], 'committed', 1) end
  if page.texts then redis.call('SET', KEYS[#KEYS], cmsgpack.pack(page.texts), 'EX', BURST_S) end
  if page.event then redis.call('HSET', KEYS[4], page.event, page.marker) end
  for channel, users in pairs(told) do
    publish(KEYS[FIXED + channel], {k = 'notify', base = page.base, record = page.record, users = users})
  end
  return {'ok', appended, pass_on(feed)}
end

register('append', append)
