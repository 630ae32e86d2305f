-- Reserve an idempotency key for one request, or say what became of the earlier one.
--
-- KEYS  the record (hash digest, holder, lease_ms, status, body)
-- ARGV  digest of the request, lease in ms, life in s, holder (random, so that a repeated call knows itself)
-- Returns {'fresh'}, {'running'}, {'other'} (another request used the key) or {'stored', status, body}.
-- A reservation is a lease: when it ran out, the same request may take it up again and finish what a crash left.

local function reserve(KEYS, ARGV)
  local now_ms = math.floor(clock_us() / 1000)
  local record = redis.call('HMGET', KEYS[1], 'digest', 'lease_ms', 'status', 'body', 'holder')
  if record[1] then
    if record[1] ~= ARGV[1] then return {'other'} end
    if record[3] then return {'stored', record[3], record[4]} end
    if tonumber(record[2]) > now_ms and record[5] ~= ARGV[4] then return {'running'} end
  end
  redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'holder', ARGV[4], 'lease_ms', now_ms + tonumber(ARGV[2]))
  redis.call('EXPIRE', KEYS[1], ARGV[3])
  return {'fresh'}
end

register('reserve', reserve)
