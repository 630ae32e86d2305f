-- Forget the numbers of removed directory objects of one kind, so that their ids are nowhere; 1,000 changes a call.
--
-- KEYS  the hash of that kind, its changes
-- ARGV  number to look behind
-- Returns {number to go on from (0 at the end), how many were forgotten}. The floor rises to the last of them: who has
-- not heard of them reads the kind anew (changed.lua).

local MOST = 1000

local function forget_removed(KEYS, ARGV)
  local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, MOST)
  local gone, floor = 0, 0
  for i = 1, #found, 2 do
    if found[i] ~= FLOOR and redis.call('HEXISTS', KEYS[1], found[i]) == 0 then
      redis.call('ZREM', KEYS[2], found[i])
      gone, floor = gone + 1, found[i + 1]
    end
  end
  if gone > 0 then redis.call('ZADD', KEYS[2], 'GT', floor, FLOOR) end
  return {#found == 2 * MOST and tonumber(found[#found]) or 0, gone}
end

register('forget_removed', forget_removed)
