-- Count an e-mail among those of its type and day, just before it is sent; or keep it for a summary where they were enough.
--
-- KEYS  lane:email:<user>, lane-leases:email, deliveries:<base>, letters:<user>, capped:<user>
-- ARGV  packed {user, holder, id, field, type, day, latest = the latest day that it is anywhere, cap, morning = when a summary
--               that begins now is due, in ms, now_ms}
-- Returns 'counted'; 'capped' when it waits for the summary from now on; 'lost' when another holds the lane, or it is settled.
--
-- One that was counted that day is not counted again: a retry, or a repeated call. What was too much is an attempt that was
-- not made. For who changes zone a day is over once a later one began; core/daily.py is the readable twin.

local function keep(KEYS, asked, record)
  local job = 'summary:' .. asked.type
  redis.call('ZADD', KEYS[5], 0, asked.type .. ' ' .. asked.id)
  redis.call('ZADD', KEYS[1], 'NX', asked.morning, job)
  redis.call('ZREM', KEYS[1], asked.id)
  take_back_attempt(record)
  record.p, record.at, record.d = 'daily_cap', asked.now_ms, tonumber(redis.call('ZSCORE', KEYS[1], job))
  redis.call('HSET', KEYS[3], asked.field, cmsgpack.pack(record))
  return 'capped'
end

local function is_over(noted, asked)
  return not noted or noted < asked.day or noted > asked.latest
end

local function count_letter(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  if not read_lease(KEYS[2], asked.user, asked.holder) then return 'lost' end
  local packed = redis.call('HGET', KEYS[3], asked.field)
  local record = packed and cmsgpack.unpack(packed)
  if not record or record.s ~= 'queued' then return 'lost' end
  if redis.call('ZSCORE', KEYS[5], asked.type .. ' ' .. asked.id) then return 'capped' end
  local letters = read_letters(KEYS[4], asked.type)
  if is_over(letters.d, asked) then letters.d, letters.n = asked.day, 0 end
  if record.k == letters.d then return 'counted' end
  if letters.n >= asked.cap then return keep(KEYS, asked, record) end
  letters.n, record.k = letters.n + 1, letters.d
  write_letters(KEYS[4], asked.type, letters)
  redis.call('HSET', KEYS[3], asked.field, cmsgpack.pack(record))
  return 'counted'
end

register('count_letter', count_letter)
