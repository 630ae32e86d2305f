-- Keep what an attempt at a message to a webhook came to, in the account whose webhook it is.
--
-- KEYS  hook-health, hook-attempts:<hook>
-- ARGV  hook, the attempt as JSON, 'sent' | 'failed' | '' (it says nothing of the receiver), business time in ms, how many
--       messages were dropped, how many attempts are kept, with which version the webhook was turned on last
-- Returns since when nothing was taken, in ms; 0 when this was, or when the webhook is gone: then nothing is kept.
-- Health is packed {f = since when nothing was taken, o = with which version it was turned on before that, s = when
-- something was taken last, d = how many were dropped}: who is turned on again begins anew.

local function note_attempt(KEYS, ARGV)
  local packed, now_ms = redis.call('HGET', KEYS[1], ARGV[1]), tonumber(ARGV[4])
  if not packed then return 0 end
  local health = cmsgpack.unpack(packed)
  if redis.call('LINDEX', KEYS[2], 0) == ARGV[2] then return health.f or 0 end  -- a repetition
  local turned_on = tonumber(ARGV[7])
  if (health.o or 0) < turned_on then health.f, health.o = nil, turned_on end
  if ARGV[3] == 'sent' then
    health.f, health.s = nil, now_ms
  elseif ARGV[3] == 'failed' and (health.o or 0) == turned_on then
    health.f = health.f or now_ms
  end
  health.d = (health.d or 0) + tonumber(ARGV[5])
  redis.call('HSET', KEYS[1], ARGV[1], cmsgpack.pack(health))
  redis.call('LPUSH', KEYS[2], ARGV[2])
  redis.call('LTRIM', KEYS[2], 0, tonumber(ARGV[6]) - 1)
  return health.f or 0
end

register('note_attempt', note_attempt)
