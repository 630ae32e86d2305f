-- Begin an attempt at the message that is next in a webhook's leased lane, unless it is not to be sent (now).
--
-- KEYS  messages, messages:facts, messages:dropped, lanes:webhook, lane-leases:webhook, hooks, notifications, broadcasts
-- ARGV  packed {hook, holder, id, attempt = its unique name, now_ms, version = of the webhook, as who asks knows it,
--               again_ms = when to look again, where who asks knows of no webhook that is to be told this}
-- Returns {'lost'} when another holds the lane; {'resting'} when it was given back; {'changed'} when this account knows a
-- later version of the webhook: read it again; {'gone'} when what it tells of is forgotten; else {'sending', fact,
-- document it tells of or ''}.
--
-- What this account says of the webhook decides (`hooks`), not what somebody read a moment ago: a lane is left alone until
-- listen.lua wakes it only where the account does not know the webhook, else it is looked at again. An attempt is counted
-- before it is made; a repeated call is the same attempt. What was dropped for want of room is told with the next attempt.

local function document_of(KEYS, fact)
  if fact.t == 'ping' then return '' end
  if fact.t == 'broadcast.finished' then return redis.call('HGET', KEYS[8], fact.id) end
  return redis.call('HGET', KEYS[7], string.match(fact.id, '^(.*)-'))
end

local function let_go(KEYS, asked)
  redis.call('ZREM', KEYS[1], asked.id)
  redis.call('HDEL', KEYS[2], asked.id)
  return {'gone'}
end

local function rest(KEYS, asked, is_known)
  redis.call('HDEL', KEYS[5], asked.hook)
  if is_known then redis.call('ZADD', KEYS[4], asked.again_ms, asked.hook) end
  return {'resting'}
end

local function take_message(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  if not read_lease(KEYS[5], asked.hook, asked.holder) then return {'lost'} end
  local is_known = redis.call('HEXISTS', KEYS[6], asked.hook) == 1
  if asked.again_ms or not is_known then return rest(KEYS, asked, is_known) end
  if has_changed(KEYS[6], asked.hook, asked.version) then return {'changed'} end
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
