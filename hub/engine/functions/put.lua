-- Write or remove one directory object, numbered so that every process can follow the changes.
--
-- KEYS  the hash of that kind, then optionally its changes (sorted set id -> number), then optionally hash user:<id>
--       and the user's channel
-- ARGV  id, document ('' removes), message kind for the channel ('' = none), user id for the message, then optionally
--       the documents of which one must be there ('' = none)
-- Returns the number of the change (0 where changes are not numbered), or false when another document is there: then
-- nothing was done. A document that is there already is no conflict: this call may be the repetition of one that was
-- carried out. With a user, their `rev` grows and their tabs' gateways hear of it.

local function is_expected(there, ARGV)
  if there == ARGV[2] then return true end
  for i = 5, #ARGV do
    if there == ARGV[i] then return true end
  end
  return false
end

local function put(KEYS, ARGV)
  if ARGV[5] and not is_expected(redis.call('HGET', KEYS[1], ARGV[1]) or '', ARGV) then return false end
  if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
  if not KEYS[2] then return 0 end
  local newest = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  local number = (tonumber(newest[2]) or 0) + 1
  redis.call('ZADD', KEYS[2], number, ARGV[1])
  if ARGV[3] ~= '' then
    redis.call('HINCRBY', KEYS[3], 'rev', 1)
    publish(KEYS[4], {k = ARGV[3], user = ARGV[4]})
  end
  return number
end

register('put', put)
