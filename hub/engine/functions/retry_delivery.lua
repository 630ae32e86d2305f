-- Queue a dead letter again, with as many attempts as it had at first.
--
-- KEYS  dead, deliveries:<base>, lane:<channel>:<user>, lanes:<channel>, lane-leases:<channel>, lane-holds:<channel>, users,
--       states
-- ARGV  packed {user, id, field, letter, now_ms, attempt = unique name of this wish}
-- Returns 1, or 0 when it is no dead letter (any more), or its user is gone: then nothing is done.

local function retry_delivery(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local packed = redis.call('HGET', KEYS[2], asked.field)
  local record = packed and cmsgpack.unpack(packed)
  if record and record.s == 'queued' and record.b == asked.attempt then return 1 end  -- a repetition
  if not record or record.s ~= 'failed' or not redis.call('ZSCORE', KEYS[1], asked.letter) then return 0 end
  if redis.call('HEXISTS', KEYS[7], asked.user) == 0 then return 0 end
  redis.call('ZREM', KEYS[1], asked.letter)
  record.s, record.d, record.at, record.b = 'queued', asked.now_ms, asked.now_ms, asked.attempt
  record.f, record.o = nil, record.n
  keep_delivery(KEYS[2], KEYS[8], asked.id, asked.field, record)
  local keys = {lane = KEYS[3], lanes = KEYS[4], leases = KEYS[5], holds = KEYS[6], busy = true}
  enter_lane(keys, asked.user, asked.id, asked.now_ms)
  return 1
end

register('retry_delivery', retry_delivery)
