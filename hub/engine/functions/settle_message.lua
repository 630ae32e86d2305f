-- Record what an attempt at a message to a webhook came to.
--
-- KEYS  messages, messages:facts, messages:dead, lane-leases:webhook, lane-holds:webhook, hooks
-- ARGV  packed {hook, holder, id, attempt = its unique name, now_ms, state = 'sent' | 'failed' | 'queued', why,
--               hold = ms until which the lane waits, uncounted: it was not tried, kept: it can be sent again if it failed,
--               version = of the webhook that was tried}
-- Returns the state it has now, '' when it is gone or when another holds the lane: then nothing is done.
--
-- As with deliveries (settle_delivery.lua), only the holder of the lane may say what became of an attempt; but that it was
-- sent is true whoever says it. Of what is given up the newest 1,000 of a webhook in an account are kept. A webhook that
-- changed since is tried at once, whatever the one before it came to. Safe to repeat.

local MOST_DEAD = 1000

local function bury(KEYS, asked, fact)
  redis.call('ZADD', KEYS[3], 0, asked.id)
  redis.call('HSET', KEYS[2], asked.id, cmsgpack.pack(fact))
  local from, to = members_of(asked.hook)
  local over = redis.call('ZLEXCOUNT', KEYS[3], from, to) - MOST_DEAD
  if over <= 0 then return end
  local oldest = redis.call('ZRANGEBYLEX', KEYS[3], from, to, 'LIMIT', 0, over)
  in_pieces('ZREM', KEYS[3], oldest)
  in_pieces('HDEL', KEYS[2], oldest)
end

local function let_go(KEYS, asked)
  redis.call('ZREM', KEYS[1], asked.id)
  redis.call('ZREM', KEYS[3], asked.id)
  redis.call('HDEL', KEYS[2], asked.id)
  return asked.state
end

local function settle_message(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local holds = read_lease(KEYS[4], asked.hook, asked.holder)
  local packed = redis.call('HGET', KEYS[2], asked.id)
  local fact = packed and cmsgpack.unpack(packed)
  if not fact or not (holds or asked.state == 'sent') then return '' end
  if asked.state == 'sent' then return let_go(KEYS, asked) end
  if not redis.call('ZSCORE', KEYS[1], asked.id) then return 'failed' end
  if fact.q == asked.attempt then return 'queued' end
  fact.q, fact.p = asked.attempt, asked.why
  if asked.uncounted then fact.n = fact.n - 1 else fact.z = 0 end
  if asked.state == 'queued' then
    redis.call('HSET', KEYS[2], asked.id, cmsgpack.pack(fact))
    if not has_changed(KEYS[6], asked.hook, asked.version) then redis.call('HSET', KEYS[5], asked.hook, asked.hold) end
    return asked.state
  end
  if not asked.kept then return let_go(KEYS, asked) end
  redis.call('ZREM', KEYS[1], asked.id)
  bury(KEYS, asked, fact)
  return asked.state
end

register('settle_message', settle_message)
