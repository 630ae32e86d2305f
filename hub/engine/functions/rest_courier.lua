-- Put an account off until it has something to send again, unless something came since it was looked at.
--
-- KEYS  couriers:<channel>, couriers:<channel>:raised
-- ARGV  account, number of the raise that was the last one before the look, due in ms of business time ('' = nothing is left)
-- Returns 1, or 0 when something came: then nothing is done.

local function rest_courier(KEYS, ARGV)
  if (redis.call('HGET', KEYS[2], ARGV[1]) or '') ~= ARGV[2] then return 0 end
  if ARGV[3] == '' then
    redis.call('ZREM', KEYS[1], ARGV[1])
    redis.call('HDEL', KEYS[2], ARGV[1])
  else
    redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
  end
  return 1
end

register('rest_courier', rest_courier)
