-- Take a user's deliveries out of a page of happenings of one account: their addresses are erased with them.
--
-- KEYS  dead, states, then deliveries:<base> of each happening
-- ARGV  user, then the bases
-- Returns the number of happenings that had something to send them.

local function forget_deliveries(KEYS, ARGV)
  local gone = 0
  for i = 3, #KEYS do
    local index = redis.call('HGET', KEYS[i], '@' .. ARGV[1])
    if index then
      local id = ARGV[i - 1] .. '-' .. index
      for _, channel in ipairs({'text', 'email'}) do
        redis.call('HDEL', KEYS[i], index .. ':' .. channel)
        redis.call('ZREM', KEYS[1], id .. ':' .. channel)
        for _, state in ipairs(STANDS) do redis.call('ZREM', KEYS[2], standing(channel, state, id)) end
      end
      redis.call('HDEL', KEYS[i], '@' .. ARGV[1])
      gone = gone + 1
    end
  end
  return gone
end

register('forget_deliveries', forget_deliveries)
