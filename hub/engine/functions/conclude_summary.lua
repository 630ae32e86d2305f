-- Record what an attempt at a summary came to. What it means for its e-mails is done page by page (finish_capped.lua), by
-- whoever holds the lane: from here on it is known.
--
-- KEYS  lane:email:<user>, lane-leases:email, lane-holds:email, letters:<user>
-- ARGV  packed {user, holder, job, type, attempt, day, now_ms, state = 'sent' | 'failed' | 'skipped' | 'queued', why, reference,
--               hold = ms until which the lane waits, due = ms to which it alone is put off, uncounted: it was not tried}
-- Returns the state that the attempt has now, '' when it has none: another began since, or another holds the lane. That it was
-- sent is true whoever says it. Safe to repeat.

local function put_off(KEYS, asked, letters)
  if letters.q == asked.attempt then return 'queued' end
  letters.q = asked.attempt
  if asked.uncounted then letters.t = letters.t - 1 end
  if asked.due then redis.call('ZADD', KEYS[1], asked.due, asked.job) end
  if asked.hold then redis.call('HSET', KEYS[3], asked.user, asked.hold) end
  write_letters(KEYS[4], asked.type, letters)
  return 'queued'
end

local function conclude_summary(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local letters = read_letters(KEYS[4], asked.type)
  if letters.a ~= asked.attempt then return '' end
  if letters.v then return letters.v.s end
  if not (asked.state == 'sent' or read_lease(KEYS[2], asked.user, asked.holder)) then return '' end
  if asked.state == 'queued' then return put_off(KEYS, asked, letters) end
  letters.v = {a = asked.attempt, s = asked.state, w = asked.why, at = asked.now_ms, ref = asked.reference, u = asked.uncounted}
  if asked.state == 'sent' then letters.y = asked.day end
  write_letters(KEYS[4], asked.type, letters)
  return asked.state
end

register('conclude_summary', conclude_summary)
