-- Record what an attempt at a delivery came to.
--
-- KEYS  lane:<channel>:<user>, lane-leases:<channel>, lane-holds:<channel>, deliveries:<base>, dead, receipts,
--       states, the seven of the feed (feed.lua)
-- ARGV  packed {user, holder, id, base, field, letter = its id among dead letters, attempt = its unique name, now_ms,
--               state = 'sent' | 'failed' | 'skipped' | 'queued', why, reference,
--               to = the address that was used,
--               hold = ms until which the lane waits, due = ms to which this delivery alone is put off, uncounted: it was not tried}
-- Returns the state it has now, '' when it is gone or when another holds the lane: then nothing is done.
--
-- Only the holder of the lane may say what became of an attempt; but that it was sent is true whoever says it, and spares
-- the next holder to send it again. What is settled stays so. Safe to repeat.

local function put_off(KEYS, asked, record)
  if asked.due then redis.call('ZADD', KEYS[1], asked.due, asked.id) end
  if asked.hold then redis.call('HSET', KEYS[3], asked.user, asked.hold) end
  record.d = asked.due or asked.hold
end

local function finish(KEYS, asked, record, feed)
  redis.call('ZREM', KEYS[1], asked.id)
  if record.s == 'failed' then
    redis.call('ZADD', KEYS[5], asked.now_ms, asked.letter)
    tell_failure(feed, asked, record)
  end
  if record.c and record.s == 'sent' then redis.call('HINCRBY', KEYS[6], asked.base .. ':emailed', 1) end
end

local function settle_delivery(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local holds = read_lease(KEYS[2], asked.user, asked.holder)
  local packed = redis.call('HGET', KEYS[4], asked.field)
  local record = packed and cmsgpack.unpack(packed)
  if not record or not (holds or asked.state == 'sent') then return '' end
  if record.s ~= 'queued' or record.q == asked.attempt then return record.s end
  local feed = asked.state == 'failed' and listeners(KEYS) or nil
  record.s, record.p, record.at, record.ref, record.q = asked.state, asked.why, asked.now_ms, asked.reference, asked.attempt
  record.to = asked.to or record.to
  if asked.uncounted then take_back_attempt(record) end
  if asked.state == 'queued' then
    put_off(KEYS, asked, record)
  else
    finish(KEYS, asked, record, feed)
  end
  keep_delivery(KEYS[4], KEYS[7], asked.id, asked.field, record)
  return record.s
end

register('settle_delivery', settle_delivery)
