-- Begin an attempt at the delivery that is next in a leased lane, unless it is not to be sent any more.
--
-- KEYS  lane:<channel>:<user>, lane-leases:<channel>, recalls, users, notifications, preferences, deliveries:<base>,
--       entries:<user>, unread:<user>, states
-- ARGV  packed {user, holder, id, base, field, attempt = its unique name, now_ms}
-- Returns {'lost'} when another holds the lane, {'gone'} when it is sent, recalled or erased, {'skipped', why not}, else
-- {'sending', record, notification, user's document, user's preferences or ''}. An attempt is counted before it is made,
-- so what kills its courier is counted too; a repeated call is the same attempt.

local function let_go(KEYS, asked)
  redis.call('ZREM', KEYS[1], asked.id)
  return {'gone'}
end

local function skip(KEYS, asked, record, why)
  record.s, record.p, record.at = 'skipped', why, asked.now_ms
  keep_delivery(KEYS[7], KEYS[10], asked.id, asked.field, record)
  redis.call('ZREM', KEYS[1], asked.id)
  return {'skipped', why}
end

local function take_delivery(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  if not read_lease(KEYS[2], asked.user, asked.holder) then return {'lost'} end
  local packed = redis.call('HGET', KEYS[7], asked.field)
  local record = packed and cmsgpack.unpack(packed)
  if not record or record.s ~= 'queued' then return let_go(KEYS, asked) end
  if redis.call('HEXISTS', KEYS[3], asked.base) == 1 then return skip(KEYS, asked, record, 'recalled') end
  local document = redis.call('HGET', KEYS[4], asked.user)
  if not document then return let_go(KEYS, asked) end  -- what becomes of it, says who erases them
  local notification = redis.call('HGET', KEYS[5], asked.base)
  if not notification then return let_go(KEYS, asked) end
  if record.g and is_seen(KEYS[8], KEYS[9], record, asked.id) then return skip(KEYS, asked, record, 'seen') end
  if record.b ~= asked.attempt then
    record.n, record.b, record.f = record.n + 1, asked.attempt, record.f or asked.now_ms
    packed = cmsgpack.pack(record)
    redis.call('HSET', KEYS[7], asked.field, packed)
  end
  return {'sending', packed, notification, document, redis.call('HGET', KEYS[6], asked.user) or ''}
end

register('take_delivery', take_delivery)
