-- Read the directory objects of one kind that changed after a number.
--
-- KEYS  the hash of that kind, its changes
-- ARGV  number
-- Returns {number to go on from, {id, document or '', ...}, anew 0|1, more 0|1}: '' is a removed one. At most 1,000 a call.
-- Anew: the store knows fewer changes than asked for (it was restored, or emptied), so what was read before is void.

local MOST = 1000

local function changed(KEYS, ARGV)
  local head = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  local anew = (tonumber(head[2]) or 0) < tonumber(ARGV[1])
  local newest = anew and 0 or tonumber(ARGV[1])
  local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. newest, '+inf', 'WITHSCORES', 'LIMIT', 0, MOST)
  local flat = {}
  for i = 1, #found, 2 do
    flat[i] = found[i]
    flat[i + 1] = redis.call('HGET', KEYS[1], found[i]) or ''
    newest = tonumber(found[i + 1])
  end
  return {newest, flat, anew and 1 or 0, #found == 2 * MOST and 1 or 0}
end

register('changed', changed, true)
