-- Begin an attempt at the summary of a type that is next in a leased lane; or find one whose verdict is known already.
--
-- KEYS  lane:email:<user>, lane-leases:email, letters:<user>, users, preferences
-- ARGV  packed {user, holder, job = its id in the lane, type, attempt = its unique name, now_ms}
-- Returns {'lost'} when another holds the lane, {'gone'} when its user is, else {'begun' | 'ended', packed letters (outgoing.lua),
-- user's document, user's preferences or ''}. An attempt is counted before it is made; a repeated call is the same attempt.

local function begin_summary(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  if not read_lease(KEYS[2], asked.user, asked.holder) then return {'lost'} end
  local document = redis.call('HGET', KEYS[4], asked.user)
  if not document then
    redis.call('ZREM', KEYS[1], asked.job)
    return {'gone'}
  end
  local letters = read_letters(KEYS[3], asked.type)
  if not letters.v and letters.a ~= asked.attempt then
    letters.a, letters.t = asked.attempt, (letters.t or 0) + 1
    letters.f, letters.i = letters.f or asked.now_ms, letters.i or asked.attempt
    write_letters(KEYS[3], asked.type, letters)
  end
  local chosen = redis.call('HGET', KEYS[5], asked.user) or ''
  return {letters.v and 'ended' or 'begun', cmsgpack.pack(letters), document, chosen}
end

register('begin_summary', begin_summary)
