-- Take a provider's word that a text which it took over did not arrive.
--
-- KEYS  deliveries:<base>, dead, states, the seven of the feed (feed.lua)
-- ARGV  packed {id, field, letter = its id among dead letters, reference = how the provider calls it, why, now_ms}
-- Returns 1, or 0 when this is not what was sent last, or it is known: then nothing is done.

local function fail_delivery(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local packed = redis.call('HGET', KEYS[1], asked.field)
  local record = packed and cmsgpack.unpack(packed)
  if not record or record.s ~= 'sent' or record.ref ~= asked.reference then return 0 end
  local feed = listeners(KEYS)
  record.s, record.p, record.at = 'failed', asked.why, asked.now_ms
  keep_delivery(KEYS[1], KEYS[3], asked.id, asked.field, record)
  redis.call('ZADD', KEYS[2], asked.now_ms, asked.letter)
  tell_failure(feed, asked, record)
  return 1
end

register('fail_delivery', fail_delivery)
