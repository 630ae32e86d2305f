-- Take what webhooks of an account are still to be told of a user away, some facts at a time.
--
-- KEYS  messages, messages:facts, messages:dead
-- ARGV  user, where to go on ('0' = from the start), how many to look at, about
-- Returns where to go on; '0' = that was all. None that was there from the first is left out.

local function forget_told(KEYS, ARGV)
  local cursor, flat = unpack(redis.call('HSCAN', KEYS[2], ARGV[2], 'COUNT', ARGV[3]))
  for i = 1, #flat, 2 do
    if flat[i] ~= '#' and cmsgpack.unpack(flat[i + 1]).u == ARGV[1] then
      redis.call('ZREM', KEYS[1], flat[i])
      redis.call('ZREM', KEYS[3], flat[i])
      redis.call('HDEL', KEYS[2], flat[i])
    end
  end
  return cursor
end

register('forget_told', forget_told)
