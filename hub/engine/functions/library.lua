-- What the atomic operations share. Loaded before them, into one library.
--
-- A user's things are nine KEYS in a fixed order (`user_keys`), all in the slot of the user's account.
-- Times: microseconds (`_us`) rank activity, milliseconds (`_ms`) are deadlines; both by the store's own clock.
--
-- The hash `user:<id>` is a person's live state:
--   epoch, seq    the numbered log: its life, and its head
--   rev           grows with every change of the user, their groups or their preferences
--   ended         when an administrator sent all tabs away last, in us
--   elected       the tab that shows pop-ups ('' = none), holder: its connection, gen: grows when they change
--   tab:<id>      one open tab, packed {s = state, a = activity_us, c = connected_us, g = gateway, n = connection, z = silent}
--
-- A log-in-as session (AMB-17) has such a hash of its own, with its own tabs and election, where epoch is the
-- target's, seq says up to which number pop-ups were offered, and rev grows with what it puts away. It reads the
-- target's log, inbox and pop-ups, less the hash `away:<user>#<actor>`: notification id -> 'read', 'closed' (its pop-up)
-- or 'dismissed' (both), and up_to -> the number up to which all is read.

local OFFER_MS = 1500             -- an offered pop-up not answered by `shown` in this time goes to the next tab
local OPEN_MS = 60000             -- a timed pop-up is open for at most this long
local STICKY = 9000000000000000   -- score of sticky pop-ups: above every time in ms, below 2^53
local KEPT_FRAMES = 300           -- recovery never needs more of the log
local MOST_POPUPS = 50
local MOST_BYTES = 262144         -- of one recovery or snapshot, so that it cannot drown the tab it is for
local REOFFERED_BYTES = 524288    -- of pop-ups that one call offers anew: it holds the store up for some 3 ms
local FLOOR = '#floor'            -- among the changes of a kind: up to here, removals may be forgotten
local VIEW_S = 3600               -- what is kept of a log-in-as session ends an hour after it was last used

local function clock_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function user_keys(keys, first)
  return {
    user = keys[first], log = keys[first + 1], inbox = keys[first + 2], unread = keys[first + 3],
    archive = keys[first + 4], entries = keys[first + 5], popups = keys[first + 6],
    offers = keys[first + 7], channel = keys[first + 8],
  }
end

-- The keys that a tab works on. A log-in-as session has four more, three in place of the target's: nothing it does
-- touches the target's election, offers or channel. `target` is whose log it is.
local function seat_keys(keys, first, is_view)
  local target = user_keys(keys, first)
  local seat = {target = target}
  for name, key in pairs(target) do seat[name] = key end
  if is_view then
    seat.user, seat.offers, seat.channel, seat.away = unpack(keys, first + 9, first + 12)
  end
  return seat
end

local function publish(channel, message)
  message.v = 1
  redis.call('SPUBLISH', channel, cmsgpack.pack(message))
end

-- Call a command with any number of words: Lua puts so many on its stack at once, and no more.
local function in_pieces(command, key, words)
  for i = 1, #words, 1000 do redis.call(command, key, unpack(words, i, math.min(i + 999, #words))) end
end

local function read_leases(key)
  local flat, leases = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do leases[flat[i]] = tonumber(flat[i + 1]) end
  return leases
end

local function read_person(key)
  local flat = redis.call('HGETALL', key)
  local person = {tabs = {}, epoch = false, seq = 0, gen = 0, rev = 0, elected = '', holder = ''}
  for i = 1, #flat, 2 do
    local field, value = flat[i], flat[i + 1]
    if string.sub(field, 1, 4) == 'tab:' then
      person.tabs[string.sub(field, 5)] = cmsgpack.unpack(value)
    elseif field == 'epoch' or field == 'elected' or field == 'holder' then
      person[field] = value
    else
      person[field] = tonumber(value)
    end
  end
  return person
end

local function ensure_epoch(keys, person, epoch)
  if not person.epoch then
    person.epoch = epoch
    redis.call('HSET', keys.user, 'epoch', epoch)
  end
end

local function write_tab(keys, person, id, tab)
  person.tabs[id] = tab
  redis.call('HSET', keys.user, 'tab:' .. id, cmsgpack.pack(tab))
end

-- A gateway that stopped renewing its lease is dead, and its tabs with it.
local function drop_ghosts(keys, person, leases, now_ms)
  local living = 0
  for id, tab in pairs(person.tabs) do
    local expires = leases[tab.g]
    if expires and expires > now_ms then
      living = living + 1
    else
      person.tabs[id] = nil
      redis.call('HDEL', keys.user, 'tab:' .. id)
    end
  end
  return living
end

local RANK = {focused = 3, visible = 2, hidden = 1}

local function better(tab, id, best, best_id)
  if not best then return true end
  if RANK[tab.s] ~= RANK[best.s] then return RANK[tab.s] > RANK[best.s] end
  if tab.a ~= best.a then return tab.a > best.a end
  if tab.c ~= best.c then return tab.c > best.c end
  return id > best_id
end

-- R-18, R-19, AMB-44: the one tab that shows pop-ups, or nil. core/tabs.py is its readable twin.
local function elect(person, leases, now_ms)
  local best, best_id
  for id, tab in pairs(person.tabs) do
    local expires = leases[tab.g]
    local eligible = RANK[tab.s] and not tab.z and expires and expires > now_ms
    if eligible and better(tab, id, best, best_id) then best, best_id = tab, id end
  end
  return best_id, best
end

local function away_up_to(keys)
  return tonumber(redis.call('HGET', keys.away, 'up_to') or 0)
end

local function is_unread(keys, id)
  local seq = redis.call('ZSCORE', keys.unread, id)
  if not seq or not keys.away then return seq end
  local how = redis.call('HGET', keys.away, id)
  return (not how or how == 'closed') and tonumber(seq) > away_up_to(keys)
end

local function count_unread(keys)
  if not keys.away then return redis.call('ZCARD', keys.unread) end
  local up_to = away_up_to(keys)
  local count, away = redis.call('ZCOUNT', keys.unread, '(' .. up_to, '+inf'), redis.call('HGETALL', keys.away)
  for i = 1, #away, 2 do
    local seq = away[i + 1] ~= 'closed' and redis.call('ZSCORE', keys.unread, away[i])
    if seq and tonumber(seq) > up_to then count = count - 1 end
  end
  return count
end

-- Whether a pop-up is on somebody's screen, or waits for one.
local function is_open(keys, id, now_ms)
  local closes = redis.call('ZSCORE', keys.popups, id)
  local how = keys.away and redis.call('HGET', keys.away, id)
  return closes and tonumber(closes) > now_ms and (not how or how == 'read')
end

-- Have one entry put away in a log-in-as session. Closing what was read, or the other way round, is dismissing it.
local function put_away(keys, id, how)
  local before = redis.call('HGET', keys.away, id)
  redis.call('HSET', keys.away, id, before and before ~= how and 'dismissed' or how)
  redis.call('ZREM', keys.offers, id)
end

local function keep_view(keys)
  for _, key in ipairs({keys.user, keys.offers}) do redis.call('EXPIRE', key, VIEW_S) end
end

local function state_of(keys, id)
  if is_unread(keys, id) then return 'unread' end
  if redis.call('ZSCORE', keys.archive, id) then return 'archived' end
  return 'read'
end

-- One entry as a row {id, seq, state, reason code, record}, or nil when retention took it. Without `whole` the record
-- is cut to what a snapshot carries (rows.Record).
local function read_row(keys, notifications, id, whole)
  local packed = redis.call('HGET', keys.entries, id)
  if not packed then return nil end
  local record = redis.call('HGET', notifications, string.match(id, '^(.*)-'))
  if not record then return nil end
  if not whole then record = string.match(record, '^([^\n]*\n[^\n]*)') end
  local entry = cmsgpack.unpack(packed)
  return {id, entry.s, state_of(keys, id), entry.r, record}
end

-- The newest 50 open pop-ups, oldest first, sticky and timed alike. Ids sort by time. A log-in-as session has put some
-- away, so more are looked through there.
local function open_popups(keys, now_ms)
  redis.call('ZREMRANGEBYSCORE', keys.popups, '-inf', now_ms)
  local ids, most = {}, keys.away and 10 * MOST_POPUPS or MOST_POPUPS
  for _, range in ipairs({{'+inf', STICKY}, {'(' .. STICKY, '-inf'}}) do
    for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', keys.popups, range[1], range[2], 'LIMIT', 0, most)) do
      if not keys.away or is_open(keys, id, now_ms) then ids[#ids + 1] = id end
    end
  end
  table.sort(ids)
  local newest = {}
  for i = math.max(1, #ids - MOST_POPUPS + 1), #ids do newest[#newest + 1] = ids[i] end
  return newest
end

local function sized_rows(keys, notifications, ids)
  local rows, bytes = {}, 0
  for i = #ids, 1, -1 do
    local row = read_row(keys, notifications, ids[i])
    if row then
      if bytes + #row[5] > MOST_BYTES and #rows > 0 then break end
      bytes = bytes + #row[5]
      table.insert(rows, 1, row)
    end
  end
  return rows, bytes
end

local function popup_rows(keys, notifications, ids)
  return (sized_rows(keys, notifications, ids))
end

-- The pop-ups that go along with an election, unless a call with a budget has no bytes left for them.
local function offered_rows(keys, notifications, ids, budget)
  if budget and budget.left <= 0 and #ids > 0 then return nil end
  local rows, bytes = sized_rows(keys, notifications, ids)
  if budget then
    local left = budget.left
    budget.left = left - bytes
    if bytes > left then return nil end
  end
  return rows
end

-- Elect again. When the outcome changed, every open pop-up is offered to the new tab and all gateways hear of it.
-- `silent` names the tab that did not answer, for the gateway that hosts it. Of a log-in-as session they hear only that
-- something happened: they read it (look.lua). So they do with the pop-ups of those for whom a call that goes through many
-- people has no bytes left: of `budget`, {left = bytes}.
local function settle(keys, person, leases, notifications, now_ms, silent, budget)
  local id, tab = elect(person, leases, now_ms)
  local elected, holder = id or '', tab and tab.n or ''
  if elected == person.elected and holder == person.holder then return end
  -- What is kept of a session expires: the next one counts on from the clock, so no later election has a lower number.
  local before = keys.away and person.gen == 0 and now_ms or person.gen
  person.elected, person.holder, person.gen = elected, holder, before + 1
  redis.call('HSET', keys.user, 'elected', elected, 'holder', holder, 'gen', person.gen)
  redis.call('DEL', keys.offers)
  local open, offers = elected ~= '' and open_popups(keys, now_ms) or {}, {}
  for i, nid in ipairs(open) do offers[2 * i - 1], offers[2 * i] = now_ms + OFFER_MS, nid end
  if #open > 0 then redis.call('ZADD', keys.offers, unpack(offers)) end
  if keys.away then
    redis.call('HSET', keys.user, 'seq', redis.call('HGET', keys.target.user, 'seq') or 0)
    publish(keys.channel, {k = 'view', user = person.id, silent = silent or ''})
  else
    local rows = offered_rows(keys, notifications, open, budget)
    publish(keys.channel, {
      k = rows and 'elected' or 'election', user = person.id, gen = person.gen, tab = elected, connection = holder,
      popups = rows, silent = silent or '',
    })
  end
end

-- Take the next number of the log and write one change under it.
local function log_change(keys, person, change)
  person.seq = person.seq + 1
  redis.call('HSET', keys.user, 'seq', person.seq)
  redis.call('RPUSH', keys.log, cmsgpack.pack(change))
  redis.call('LTRIM', keys.log, -KEPT_FRAMES, -1)
  return person.seq
end

-- Count that a user was shown, or dismissed, a happening that keeps receipts; the entry remembers, so each counts once.
local RECEIPT = {shown = 'w', dismissed = 'd'}

local function count_receipt(keys, receipts, id, step)
  local packed = redis.call('HGET', keys.entries, id)
  local entry = packed and cmsgpack.unpack(packed)
  if not entry or not entry.h or entry[RECEIPT[step]] then return end
  local base = string.match(id, '^(.*)-')
  if redis.call('HEXISTS', receipts, base .. ':delivered') == 0 then return end
  entry[RECEIPT[step]] = 1
  redis.call('HSET', keys.entries, id, cmsgpack.pack(entry))
  redis.call('HINCRBY', receipts, base .. ':' .. step, 1)
end

-- Forget what is older than the account keeps: unread falls and pop-ups close in the same step, without a frame.
local function trim(keys, cutoff_ms, most)
  local gone = 0
  for _, key in ipairs({keys.inbox, keys.archive}) do
    for _, id in ipairs(redis.call('ZRANGE', key, 0, most - 1)) do
      local packed = redis.call('HGET', keys.entries, id)
      if packed and cmsgpack.unpack(packed).t >= cutoff_ms then break end
      for _, set in ipairs({keys.inbox, keys.archive, keys.unread, keys.popups, keys.offers}) do
        redis.call('ZREM', set, id)
      end
      redis.call('HDEL', keys.entries, id)
      gone = gone + 1
    end
  end
  return gone
end

-- The changes after `after`, oldest first, as rows; nil when the log no longer holds them all or they are too many bytes.
-- A notification's row is {'notify', row, tab, gen}; any other change's is {operation, seq, ids or up_to}. One that was
-- withdrawn since is a row of its recall: whoever missed both hears that it is gone, and the numbers have no gap.
local function withdrawn_in(changes)
  local gone = {}
  for _, change in ipairs(changes) do
    if change.k == 'recalled' then
      for _, id in ipairs(change.ids) do gone[id] = true end
    end
  end
  return gone
end

local function missed_rows(keys, person, notifications, after)
  local missing = person.seq - after
  if missing < 0 or missing > KEPT_FRAMES then return nil end
  if missing == 0 then return {} end
  local kept = redis.call('LRANGE', keys.log, -missing, -1)
  if #kept < missing then return nil end
  local rows, bytes, changes = {}, 0, {}
  for i, packed in ipairs(kept) do changes[i] = cmsgpack.unpack(packed) end
  local gone = withdrawn_in(changes)
  for i, change in ipairs(changes) do
    if change.k == 'notify' and gone[change.id] then
      change = {k = 'recalled', ids = {change.id}}
    end
    if change.k == 'notify' then
      local row = read_row(keys, notifications, change.id, true)
      if not row then return nil end
      bytes = bytes + #row[5]
      row[2] = after + i
      rows[i] = {'notify', row, change.tab, change.gen}
    else
      bytes = bytes + #kept[i]
      rows[i] = {change.k, after + i, change.ids or change.up_to}
    end
    if bytes > MOST_BYTES then return nil end
  end
  return rows
end
