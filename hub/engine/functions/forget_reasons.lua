-- Take a user out of what was decided about a page of happenings of one account: their reasons are erased with them.
--
-- KEYS  reasons, then decisions:<base> of each happening
-- ARGV  user
-- Returns the number of decisions erased.

local function forget_reasons(KEYS, ARGV)
  local members, gone = {}, 0
  for i, code in ipairs(redis.call('SMEMBERS', KEYS[1])) do members[i] = ARGV[1] .. ' ' .. code end
  if #members == 0 then return 0 end
  for i = 2, #KEYS do gone = gone + redis.call('ZREM', KEYS[i], unpack(members)) end
  return gone
end

register('forget_reasons', forget_reasons)
