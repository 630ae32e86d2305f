-- Cross out what was intended for an id and is done, and let go of it.
--
-- KEYS  intentions, who is at them (see intend)
-- ARGV  id, what ('' = it is not done: only let go of it), holder ('' = nobody in particular was at it)
-- Another intention than this one stays, and so does the lease of another holder.

local function fulfil(KEYS, ARGV)
  local at = string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '^(%S+) ')
  if ARGV[3] ~= '' and at ~= ARGV[3] then return 0 end
  if ARGV[2] ~= '' and redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
  if at == ARGV[3] then redis.call('HDEL', KEYS[2], ARGV[1]) end
  return 1
end

register('fulfil', fulfil)
