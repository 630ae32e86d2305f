-- Have two who do not know of each other's turn meet at what a provider calls a text: who sent it says which delivery it
-- is, and who hears from the provider says why it failed.
--
-- KEYS  texted:<reference>
-- ARGV  'place' or 'why', what is said, for how many seconds it is kept at least
-- Returns {the place, why} as far as they are known by now, '' for what is not. Safe to repeat.

local function meet_report(KEYS, ARGV)
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  if redis.call('TTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
  local known = redis.call('HMGET', KEYS[1], 'place', 'why')
  return {known[1] or '', known[2] or ''}
end

register('meet_report', meet_report)
