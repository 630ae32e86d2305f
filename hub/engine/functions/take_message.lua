-- Begin an attempt at the message that is next in a webhook's leased lane, unless it is not to be sent (now).
--
-- KEYS  messages, messages:facts, messages:dropped, lane-leases:webhook, hooks, notifications, broadcasts
-- ARGV  packed {hook, holder, id, attempt = its unique name, now_ms, resting: the webhook is not to be told anything}
-- Returns {'lost'} when another holds the lane, {'resting'} when it was given back because the webhook does not listen:
-- nobody looks at it again before it does (listen.lua); {'gone'} when what it tells of is forgotten, else {'sending', fact,
-- document it tells of or ''}. An attempt is counted before it is made; a repeated call is the same attempt. What was dropped
-- for want of room is told with the next attempt.

local function document_of(KEYS, fact)
  if fact.t == 'ping' then return '' end
  if fact.t == 'broadcast.finished' then return redis.call('HGET', KEYS[7], fact.id) end
  return redis.call('HGET', KEYS[6], string.match(fact.id, '^(.*)-'))
end

local function let_go(KEYS, asked)
  redis.call('ZREM', KEYS[1], asked.id)
  redis.call('HDEL', KEYS[2], asked.id)
  return {'gone'}
end

local function take_message(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  if not read_lease(KEYS[4], asked.hook, asked.holder) then return {'lost'} end
  if asked.resting or redis.call('HEXISTS', KEYS[5], asked.hook) == 0 then
    redis.call('HDEL', KEYS[4], asked.hook)
    return {'resting'}
  end
  local packed = redis.call('HGET', KEYS[2], asked.id)
  local fact = packed and redis.call('ZSCORE', KEYS[1], asked.id) and cmsgpack.unpack(packed)
  local document = fact and document_of(KEYS, fact)
  if not document then return let_go(KEYS, asked) end
  if fact.b ~= asked.attempt then
    fact.n, fact.b, fact.f = fact.n + 1, asked.attempt, fact.f or asked.now_ms
    fact.z = (fact.z or 0) + tonumber(redis.call('HGET', KEYS[3], asked.hook) or 0)
    packed = cmsgpack.pack(fact)
    redis.call('HSET', KEYS[2], asked.id, packed)
    redis.call('HDEL', KEYS[3], asked.hook)
  end
  return {'sending', packed, document}
end

register('take_message', take_message)
