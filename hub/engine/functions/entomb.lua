-- Write the tombstone of a happening into one account: from now on nobody there gets it (append.lua).
--
-- KEYS  recalls, ages, users
-- ARGV  base, business time in ms, '1' where the happening is at home ('' elsewhere)
-- Returns 1, or 0 when the account is gone: nothing can be written there anyway.
-- Away from home the account may not have heard of it yet; its age is noted, so that retention finds the tombstone.

local function entomb(KEYS, ARGV)
  if ARGV[3] == '' then
    if redis.call('EXISTS', KEYS[3]) == 0 then return 0 end
    redis.call('ZADD', KEYS[2], 'NX', ARGV[2], ARGV[1] .. ' ')
  end
  redis.call('HSET', KEYS[1], ARGV[1], 1)
  return 1
end

register('entomb', entomb)
