-- Say that an account has something to send over a channel from a moment on.
--
-- KEYS  couriers:<channel>, couriers:<channel>:raised
-- ARGV  account, due in ms of business time
-- Every raise has a number of its own (the field '#' counts them), so that whoever is about to put the account off sees
-- that something came meanwhile (rest_courier.lua). Safe to repeat.

local function raise_courier(KEYS, ARGV)
  redis.call('ZADD', KEYS[1], 'LT', ARGV[2], ARGV[1])
  redis.call('HSET', KEYS[2], ARGV[1], redis.call('HINCRBY', KEYS[2], '#', 1))
  return 1
end

register('raise_courier', raise_courier)
