-- Do what the verdict on a summary means for up to 100 of its e-mails; after the last of them, close it.
--
-- KEYS  lane:email:<user>, lane-leases:email, letters:<user>, capped:<user>, dead, states, the seven of the feed (feed.lua),
--       then deliveries:<base> of each
-- ARGV  packed {user, holder, job, type, morning = when the next one is due, in ms, now_ms,
--               members = {{id, field, letter = its id among dead letters}, ...}, last = whether these are the last}
-- Returns how many ended; -1 when another holds the lane: then nothing is done. Safe to repeat: only those that were taken
-- into an attempt that the verdict is on are concerned. The others wait for the summary of another day.

local FEED_ENDS = 13

-- Whether an e-mail was in an attempt that the verdict is on; what was sent may be one that others began since.
local function was_in(record, verdict)
  if record.b == verdict.a or (verdict.o and verdict.o[record.b]) then return true end
  if verdict.s ~= 'sent' then return false end
  for _, attempt in ipairs(record.j or {}) do
    if attempt == verdict.a or (verdict.o and verdict.o[attempt]) then return true end
  end
  return false
end

local function end_one(KEYS, place, asked, member, verdict, feed)
  local id, field, letter = unpack(member)
  local packed = redis.call('HGET', KEYS[place], field)
  local record = packed and cmsgpack.unpack(packed)
  local is_open = record and record.s == 'queued'
  if is_open and not (verdict and was_in(record, verdict)) then return 0 end
  redis.call('ZREM', KEYS[4], asked.type .. ' ' .. id)
  if not is_open then return 0 end
  record.s, record.p, record.at, record.ref = verdict.s, verdict.w, verdict.at, verdict.ref
  record.to, record.j = verdict.to or record.to, nil
  if verdict.u then record.n = record.n - 1 end
  keep_delivery(KEYS[place], KEYS[6], id, field, record)
  if record.s == 'failed' then
    redis.call('ZADD', KEYS[5], verdict.at, letter)
    tell_failure(feed, {id = id, letter = letter, now_ms = asked.now_ms}, record)
  end
  return 1
end

local function close(KEYS, asked, letters)
  for _, name in ipairs({'i', 't', 'f', 'a', 'q', 'v'}) do letters[name] = nil end
  write_letters(KEYS[3], asked.type, letters)
  local from, to = capped_of(asked.type)
  if redis.call('ZLEXCOUNT', KEYS[4], from, to) > 0 then
    redis.call('ZADD', KEYS[1], asked.morning, asked.job)
  else
    redis.call('ZREM', KEYS[1], asked.job)
  end
end

local function finish_capped(KEYS, ARGV)
  local asked, ended = cmsgpack.unpack(ARGV[1]), 0
  if not read_lease(KEYS[2], asked.user, asked.holder) then return -1 end
  local letters, feed = read_letters(KEYS[3], asked.type), listeners(KEYS, FEED_ENDS)
  for i, member in ipairs(asked.members) do
    ended = ended + end_one(KEYS, FEED_ENDS + i, asked, member, letters.v, feed)
  end
  if asked.last then close(KEYS, asked, letters) end
  return ended
end

register('finish_capped', finish_capped)
