-- Write or remove one directory object, numbered so that every process can follow the changes.
--
-- KEYS  the hash of that kind, its changes (sorted set id -> number), then optionally hash user:<id> and the user's channel
-- ARGV  id, document ('' removes), message kind for the channel ('' = none), user id for the message
-- Returns the number of the change. With a user, their `rev` grows and their tabs' gateways hear of it.

local function put(KEYS, ARGV)
  local newest = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  local number = (tonumber(newest[2]) or 0) + 1
  if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
  redis.call('ZADD', KEYS[2], number, ARGV[1])
  if ARGV[3] ~= '' then
    redis.call('HINCRBY', KEYS[3], 'rev', 1)
    publish(KEYS[4], {k = ARGV[3], user = ARGV[4]})
  end
  return number
end

register('put', put)
