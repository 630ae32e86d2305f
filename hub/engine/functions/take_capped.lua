-- Take up to 100 e-mails into an attempt at their summary, less those that are not to be sent any more.
--
-- KEYS  lane-leases:email, capped:<user>, recalls, notifications, entries:<user>, unread:<user>, states, then
--       deliveries:<base> of each
-- ARGV  packed {user, holder, type, attempt, now_ms, bodies = how many notifications are wanted,
--               members = {{id, base, field}, ...}}
-- Returns {'lost'} when another holds the lane, else {'taken', {why each of the others was skipped, ...},
-- {{id, notification or ''}, ...}}. What was recalled is skipped, and where its user has a grace what they saw in the app. A
-- repeated call is the same attempt.

local function skip(KEYS, place, asked, record, id, field, why)
  record.s, record.p, record.at = 'skipped', why, asked.now_ms
  keep_delivery(KEYS[place], KEYS[7], id, field, record)
  return why
end

-- Whether it is still to be sent; why it was skipped now.
local function is_wanted(KEYS, place, asked, record, id, base, field)
  if not record or record.s ~= 'queued' then return false end
  if redis.call('HEXISTS', KEYS[3], base) == 1 then return false, skip(KEYS, place, asked, record, id, field, 'recalled') end
  if record.g and is_seen(KEYS[5], KEYS[6], record, id) then return false, skip(KEYS, place, asked, record, id, field, 'seen') end
  return redis.call('HEXISTS', KEYS[4], base) == 1
end

-- Without what only a whole notification has (rows.Record).
local function body_of(notifications, base)
  return string.match(redis.call('HGET', notifications, base), '^([^\n]*\n[^\n]*)')
end

-- It remembers the attempts that it was in before: one of them may still turn out to have been sent.
local function take(KEYS, place, asked, record, field)
  if record.b == asked.attempt then return end
  record.j = record.j or {}
  record.j[#record.j + 1] = record.b
  record.n, record.b = record.n + 1, asked.attempt
  redis.call('HSET', KEYS[place], field, cmsgpack.pack(record))
end

local function take_capped(KEYS, ARGV)
  local asked, skipped, taken = cmsgpack.unpack(ARGV[1]), {}, {}
  if not read_lease(KEYS[1], asked.user, asked.holder) then return {'lost'} end
  for i, member in ipairs(asked.members) do
    local id, base, field = unpack(member)
    local packed = redis.call('HGET', KEYS[7 + i], field)
    local record = packed and cmsgpack.unpack(packed)
    local wanted, why = is_wanted(KEYS, 7 + i, asked, record, id, base, field)
    if wanted then
      take(KEYS, 7 + i, asked, record, field)
      taken[#taken + 1] = {id, #taken < asked.bodies and body_of(KEYS[4], base) or ''}
    else
      redis.call('ZREM', KEYS[2], asked.type .. ' ' .. id)
      skipped[#skipped + 1] = why
    end
  end
  return {'taken', skipped, taken}
end

register('take_capped', take_capped)
