-- Texts and e-mails on their way: loaded after library.lua, before feed.lua and the atomic operations.
--
-- What goes out by text and e-mail lies in lanes: one for each user and channel, in the order in which it is due. A lane
-- is either leased by a courier, and then in the hash of leases as packed {h = holder, e = lease's end by the store's
-- clock, d = when it was due}, or among `lanes` by the time when it has something to do. A delivery is a packed record:
--   u, to, r      user, address, and why they get it, or why not
--   s, p          state, and where that is neither sent nor new, why
--   n, at         attempts, time of the last change; f: of the first attempt, o: attempts before it was queued again
--   d, x          when it is due, and whether it may come in quiet hours
--   g, w          whether it is not sent once it is seen in the app, and what it is called there if not as here
--   k             for which day it counts, where so many of its type are sent a day
--   c             counts among the receipts; ref: how the provider calls it; b, q: attempts, begun and settled last
--
-- What is not failed is found by how it stands, too: as a member '<channel> <state> <notification>' of `states`, all with
-- the score 0, so that those of a channel and state lie in the order of what happened.
local STANDS = {'queued', 'sent', 'skipped'}

local function standing(channel, state, id) return channel .. ' ' .. state .. ' ' .. id end

-- Write a delivery whose state may be another than before.
local function keep_delivery(deliveries, states, id, field, record)
  local channel = string.match(field, '[^:]*$')
  redis.call('HSET', deliveries, field, cmsgpack.pack(record))
  for _, state in ipairs(STANDS) do
    if state == record.s then
      redis.call('ZADD', states, 0, standing(channel, state, id))
    else
      redis.call('ZREM', states, standing(channel, state, id))
    end
  end
end

local function read_lease(leases, user, holder)
  local packed = redis.call('HGET', leases, user)
  local lease = packed and cmsgpack.unpack(packed)
  return lease and lease.h == holder and lease
end

-- Whether its user saw in the app what a delivery is about, and did not only have it there.
local function is_seen(entries, unread, record, id)
  local shown = record.w or id
  return redis.call('HEXISTS', entries, shown) == 1 and not redis.call('ZSCORE', unread, shown)
end

-- What is known of a user's e-mails of one type, of which so many are sent a day: packed in the hash `letters:<user>`.
--   d, n          the day of the last one, and how many went that day
--   y             the day of the last summary
--   i, t, f       of the summary under way: its name, attempts, time of the first
--   a, q          its attempts begun and put off last; v: its verdict, {a = attempt, s = state, w = why, at, ref, u = uncounted}
-- What waits for the summary is in the sorted set `capped:<user>`, as '<type> <notification id>' with the score 0; and while
-- anything does, 'summary:<type>' is in the lane.
local function read_letters(key, type)
  local packed = redis.call('HGET', key, type)
  return packed and cmsgpack.unpack(packed) or {}
end

local function write_letters(key, type, letters) redis.call('HSET', key, type, cmsgpack.pack(letters)) end

-- Between which members the e-mails of a type lie.
local function capped_of(type) return '[' .. type .. ' ', '(' .. type .. '!' end

-- Have a lane looked at when it has something due. One that is leased is looked at again by its holder, one that waits for a
-- retry waits on; `busy` is false where no lane of the channel does either.
local function wake_lane(keys, name, due)
  if keys.busy and redis.call('HEXISTS', keys.leases, name) == 1 then return end
  local hold = keys.busy and tonumber(redis.call('HGET', keys.holds, name) or 0) or 0
  redis.call('ZADD', keys.lanes, 'LT', math.max(due, hold), name)
end

-- Put a delivery into a lane.
local function enter_lane(keys, user, id, due)
  redis.call('ZADD', keys.lane, due, id)
  wake_lane(keys, user, due)
end
