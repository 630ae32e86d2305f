-- Keep the answer of a request under its idempotency key, or free the key; only its holder can.
--
-- KEYS  the record (see reserve)
-- ARGV  holder, status, body; without status the key is freed
-- Returns 1, or 0 when the lease ran out and another took the key up, or it is gone: then nothing is done.

local function complete(KEYS, ARGV)
  if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
  if ARGV[2] then
    redis.call('HSET', KEYS[1], 'status', ARGV[2], 'body', ARGV[3])
  else
    redis.call('DEL', KEYS[1])
  end
  return 1
end

register('complete', complete)
