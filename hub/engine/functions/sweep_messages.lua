-- Forget messages to webhooks of what an account no longer keeps, waiting or given up; some at a time.
--
-- KEYS  messages, messages:facts, messages:dead
-- ARGV  the oldest moment to keep, ms of business time; how many at most
-- Returns how many were forgotten. A hook's lie in the order in which they came, so its first that is young enough ends
-- the look at it.

local function forget_old(key, facts, oldest, most)
  local gone, from = 0, '-'
  while gone < most do
    local member = redis.call('ZRANGEBYLEX', key, from, '+', 'LIMIT', 0, 1)[1]
    if not member then break end
    local packed = redis.call('HGET', facts, member)
    if packed and cmsgpack.unpack(packed).at >= oldest then
      from = '(' .. string.match(member, '^(%S+) ') .. '!'
    else
      redis.call('ZREM', key, member)
      redis.call('HDEL', facts, member)
      gone = gone + 1
    end
  end
  return gone
end

local function sweep_messages(KEYS, ARGV)
  local oldest, most, gone = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
  for _, key in ipairs({KEYS[1], KEYS[3]}) do
    gone = gone + forget_old(key, KEYS[2], oldest, most - gone)
  end
  return gone
end

register('sweep_messages', sweep_messages)
