-- What webhooks are told: loaded after library.lua and outgoing.lua, before the atomic operations.
--
-- The seven keys of the feed stand together among the KEYS of a Function that may tell something:
-- hooks, messages, messages:facts, messages:dropped, and of the channel webhook lanes, lane-leases and lane-holds.
--
-- `hooks` says who listens to what happens in this account: hook -> packed {e = {event, ...}, v = version}. Where it is
-- missing nobody does, and to have asked for it is all that this costs. A Function asks for it (`listeners`) before it
-- writes anything: what another version of the hub left there must not stop it half way. A message waits for one hook:
-- it is a member
-- '<hook> <number>' of `messages`, all with the score 0, so that those of a hook lie in the order of what happened.
-- `messages:facts` holds each of them packed (its field '#' is the number given last):
--   t, at        what happened, and when in ms of business time
--   id, u, r     notification (or broadcast), its user, and the code of their reason
--   c, to, w, a  of a delivery: channel, address, why it failed, after how many attempts
--   d            of a broadcast: how many got it
--   n, f, b, q   attempts, when the first was made, the one begun and the one settled last; o: those before a replay
--   p, z         why it was tried in vain last; how many were dropped since an attempt came to something
local FEED = 7
local MOST_MESSAGES = 10000  -- that wait for a hook in an account; more: the oldest are dropped, and counted

-- Between which members the messages of a hook lie.
local function members_of(hook) return '[' .. hook .. ' ', '(' .. hook .. '!' end

-- Read what `hooks` holds of a webhook; nil for what is none, or what another version of the hub means by it.
local function read_listener(packed)
  local is_read, listener = pcall(cmsgpack.unpack, packed or '')
  return is_read and type(listener) == 'table' and listener or nil
end

-- Tell whether an account knows a later version of a webhook than this one.
local function has_changed(hooks, hook, version)
  local listener = read_listener(redis.call('HGET', hooks, hook))
  return listener and version and (tonumber(listener.v) or 0) > version
end

local function feed_keys(KEYS, first)
  return {
    hooks = KEYS[first], messages = KEYS[first + 1], facts = KEYS[first + 2], dropped = KEYS[first + 3],
    lanes = KEYS[first + 4], leases = KEYS[first + 5], holds = KEYS[first + 6], busy = true,
  }
end

-- Who listens here, and what they heard in this call; nil when nobody does. The keys of the feed are those up to `last`.
local function listeners(KEYS, last)
  local first = (last or #KEYS) - FEED + 1
  if redis.call('EXISTS', KEYS[first]) == 0 then return nil end
  local feed, flat = feed_keys(KEYS, first), redis.call('HGETALL', KEYS[first])
  feed.heard, feed.events = {}, {}
  for i = 1, #flat, 2 do
    feed.heard[flat[i]], feed.events[flat[i]] = {}, {}
    local listener = read_listener(flat[i + 1])
    local events = listener and type(listener.e) == 'table' and listener.e or {}
    for _, event in ipairs(events) do feed.events[flat[i]][event] = true end
  end
  return feed
end

-- Note what happened for all who listen to it.
local function tell(feed, event, at, fact)
  if not feed then return end
  fact.t, fact.at, fact.n = event, at, 0
  local packed = cmsgpack.pack(fact)
  for hook, facts in pairs(feed.heard) do
    if feed.events[hook][event] then facts[#facts + 1] = packed end
  end
end

-- Drop the oldest messages of a hook where there is no room for so many more.
local function make_room(feed, hook, more)
  local from, to = members_of(hook)
  local over = redis.call('ZLEXCOUNT', feed.messages, from, to) + more - MOST_MESSAGES
  if over <= 0 then return end
  local oldest = redis.call('ZRANGEBYLEX', feed.messages, from, to, 'LIMIT', 0, over)
  in_pieces('ZREM', feed.messages, oldest)
  in_pieces('HDEL', feed.facts, oldest)
  redis.call('HINCRBY', feed.dropped, hook, #oldest)
end

-- Queue what was noted; return how many messages that makes.
local function pass_on(feed)
  local count = 0
  for hook, facts in pairs(feed and feed.heard or {}) do
    if #facts > 0 then
      make_room(feed, hook, #facts)
      local number = redis.call('HINCRBY', feed.facts, '#', #facts) - #facts
      local fields, members = {}, {}
      for i, packed in ipairs(facts) do
        local member = string.format('%s %016.0f', hook, number + i)
        fields[2 * i - 1], fields[2 * i] = member, packed
        members[2 * i - 1], members[2 * i] = 0, member
      end
      in_pieces('HSET', feed.facts, fields)
      in_pieces('ZADD', feed.messages, members)
      wake_lane(feed, hook, 0)
      count, feed.heard[hook] = count + #facts, {}
    end
  end
  return count
end

-- Pass on that a delivery failed: its record, and {id, letter = its id among dead letters, now_ms}.
local function tell_failure(feed, asked, record)
  tell(feed, 'delivery.failed', asked.now_ms, {
    id = asked.id, u = record.u, r = record.r, c = string.match(asked.letter, '[^:]*$'), to = record.to, w = record.p,
    a = record.n,
  })
  pass_on(feed)
end
