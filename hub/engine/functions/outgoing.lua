-- Texts and e-mails on their way: loaded after library.lua, before feed.lua and the atomic operations.
--
-- What goes out by text and e-mail lies in lanes: one for each user and channel, in the order in which it is due. A lane
-- is either leased by a courier, and then in the hash of leases as packed {h = holder, e = lease's end by the store's
-- clock, d = when it was due}, or among `lanes` by the time when it has something to do. A delivery is a packed record:
--
--   u    user                             s    state: queued, sent, skipped, failed
--   to   address, as it was last used     p    why, where that is neither sent nor new
--   r    why they get it, or why not      at   time of the last change
--   d    when it is due                   x    whether it may come in quiet hours, and without an option of its type
--   g    whether it is not sent once it is seen in the app
--   w    what it is called in the app, if not as here
--   n    attempts                         o    how many of them were made before it was queued again
--   f    time of the first of those since
--   b    the attempt that was begun last  q    the one that was settled last
--   j    the attempts that were begun before, at summaries that it waits for
--   k    for which day it counts, where so many of its type are sent a day
--   c    whether it counts among the receipts
--   ref  how the provider calls it
--
-- What is not failed is found by how it stands, too: as a member '<channel> <state> <notification>' of `states`, all with
-- the score 0, so that those of a channel and state lie in the order of what happened. Whether all are there, standing.py knows.
local STANDS = {'queued', 'sent', 'skipped'}

local function standing(channel, state, id) return channel .. ' ' .. state .. ' ' .. id end

local function index_delivery(states, channel, id, stands)
  for _, state in ipairs(STANDS) do
    if state == stands then
      redis.call('ZADD', states, 0, standing(channel, state, id))
    else
      redis.call('ZREM', states, standing(channel, state, id))
    end
  end
end

-- Write a delivery whose state may be another than before.
local function keep_delivery(deliveries, states, id, field, record)
  redis.call('HSET', deliveries, field, cmsgpack.pack(record))
  index_delivery(states, string.match(field, '[^:]*$'), id, record.s)
end

-- Take back an attempt that was begun and not made.
local function take_back_attempt(record)
  record.n = record.n - 1
  if record.n == (record.o or 0) then record.f = nil end
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
--
--   d    the day of the last one          n    how many went that day
--   y    the day of the last summary
--   Of the summary under way:
--   i    its name                         t    attempts
--   f    time of the first of them        a    the attempt that was begun last
--   q    the one that was put off last
--   v    the verdict: {a = attempt, o = set of others that were sent too, s = state, w = why, at = time, ref = how the
--        provider calls it, to = address, u = whether it was not tried}
--
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

-- Give lanes whose lease ran out back to those that wait: their holders died, or hang. Returns {user, holder} of
-- the leases there are.
local function live_leases(lanes, leases, now_ms)
  local flat, live = redis.call('HGETALL', leases), {}
  for i = 1, #flat, 2 do
    local lease = cmsgpack.unpack(flat[i + 1])
    if lease.e <= now_ms then
      redis.call('HDEL', leases, flat[i])
      redis.call('ZADD', lanes, lease.d, flat[i])
    else
      live[#live + 1] = {flat[i], lease.h}
    end
  end
  return live
end
