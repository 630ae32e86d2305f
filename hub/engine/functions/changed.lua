-- Read the directory objects of one kind that changed after a number.
--
-- KEYS  the hash of that kind, its changes
-- ARGV  number, then the floor that the asker knows
-- Returns {number to go on from, {id, document or '', ...}, anew 0|1, more 0|1, floor}: '' is a removed one. At most 1,000
-- a call.
-- Anew: what was read before is void. Either the store knows fewer changes than asked for (it was restored, or
-- emptied), or the asker stands below a floor that is new to it: some removals up to there are forgotten
-- (forget_removed.lua).

local MOST = 1000

local function changed(KEYS, ARGV)
  local asked, head = tonumber(ARGV[1]), redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  local floor = tonumber(redis.call('ZSCORE', KEYS[2], FLOOR) or 0)
  local missed = asked < floor and tonumber(ARGV[2]) < floor
  local anew = missed or (tonumber(head[2]) or 0) < asked
  local newest = anew and 0 or asked
  local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. newest, '+inf', 'WITHSCORES', 'LIMIT', 0, MOST)
  local flat = {}
  for i = 1, #found, 2 do
    flat[i] = found[i]
    flat[i + 1] = redis.call('HGET', KEYS[1], found[i]) or ''
    newest = tonumber(found[i + 1])
  end
  return {newest, flat, anew and 1 or 0, #found == 2 * MOST and 1 or 0, floor}
end

register('changed', changed, true)
