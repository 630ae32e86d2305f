-- Forget messages to webhooks of what an account no longer keeps, and those given up so long ago; some at a time.
--
-- KEYS  messages, messages:facts, messages:dead
-- ARGV  the oldest moment to keep, ms of business time; how many at most
-- Returns how many were forgotten. A hook's lie in the order in which they came, so its first that is young enough ends
-- the look at it.

local function sweep_messages(KEYS, ARGV)
  local oldest, most, gone, from = tonumber(ARGV[1]), tonumber(ARGV[2]), 0, '-'
  local function forget(key, member)
    redis.call('ZREM', key, member)
    redis.call('HDEL', KEYS[2], member)
    gone = gone + 1
  end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. oldest, 'LIMIT', 0, most)) do
    forget(KEYS[3], member)
  end
  while gone < most do
    local member = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, 1)[1]
    if not member then break end
    local packed = redis.call('HGET', KEYS[2], member)
    if packed and cmsgpack.unpack(packed).at >= oldest then
      from = '(' .. string.match(member, '^(%S+) ') .. '!'
    else
      forget(KEYS[1], member)
    end
  end
  return gone
end

register('sweep_messages', sweep_messages)
