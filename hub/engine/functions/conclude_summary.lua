-- Record what an attempt at a summary came to. What it means for its e-mails is done page by page (finish_capped.lua), by
-- whoever holds the lane: from here on it is known.
--
-- KEYS  lane:email:<user>, lane-leases:email, lane-holds:email, letters:<user>
-- ARGV  packed {user, holder, job, type, name, attempt, day, now_ms, state = 'sent' | 'failed' | 'skipped' | 'queued', why,
--               reference, to = the address, hold = ms until which the lane waits, due = ms to which it alone is put off,
--               uncounted: it was not tried}
-- Returns the state that the summary has now, '' when it has none: another attempt began since, or another holds the lane. That
-- it was sent is true whoever says it, and however many began since: they look before they send (Summaries.stands). Safe to
-- repeat.

local function put_off(KEYS, asked, letters)
  if letters.q == asked.attempt then return 'queued' end
  letters.q = asked.attempt
  if asked.uncounted then
    letters.t = letters.t - 1
    if letters.t == 0 then letters.f = nil end
  end
  if asked.due then redis.call('ZADD', KEYS[1], asked.due, asked.job) end
  if asked.hold then redis.call('HSET', KEYS[3], asked.user, asked.hold) end
  write_letters(KEYS[4], asked.type, letters)
  return 'queued'
end

-- Two may have sent it: then what was in either is sent.
local function add_sent(KEYS, asked, letters)
  local verdict = letters.v
  if verdict.s == 'sent' and asked.state == 'sent' and verdict.a ~= asked.attempt then
    verdict.o = verdict.o or {}
    verdict.o[asked.attempt] = 1
    write_letters(KEYS[4], asked.type, letters)
  end
  return verdict.s
end

local function conclude_summary(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local letters, is_sent = read_letters(KEYS[4], asked.type), asked.state == 'sent'
  if letters.i ~= asked.name then return '' end
  if letters.v and (is_sent or letters.a == asked.attempt) then return add_sent(KEYS, asked, letters) end
  local may_say = letters.a == asked.attempt and read_lease(KEYS[2], asked.user, asked.holder)
  if not (is_sent or may_say) then return '' end
  if asked.state == 'queued' then return put_off(KEYS, asked, letters) end
  letters.v = {
    a = asked.attempt, s = asked.state, w = asked.why, at = asked.now_ms, ref = asked.reference, to = asked.to,
    u = asked.uncounted,
  }
  if is_sent then letters.y = asked.day end
  write_letters(KEYS[4], asked.type, letters)
  return asked.state
end

register('conclude_summary', conclude_summary)
