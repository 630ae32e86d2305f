-- Read the directory objects of one kind that changed after a number.
--
-- KEYS  the hash of that kind, its changes
-- ARGV  number
-- Returns {newest number, {id, document or '', ...}}: '' is a removed one.

local function changed(KEYS, ARGV)
  local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES')
  local flat, newest = {}, tonumber(ARGV[1])
  for i = 1, #found, 2 do
    flat[i] = found[i]
    flat[i + 1] = redis.call('HGET', KEYS[1], found[i]) or ''
    newest = tonumber(found[i + 1])
  end
  return {newest, flat}
end

register('changed', changed, true)
