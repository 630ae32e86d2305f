-- Take a user's deliveries out of a page of happenings of one account: their addresses are erased with them.
--
-- KEYS  dead, states, then deliveries:<base> of each happening
-- ARGV  user, 'moved' or '', business time in ms, then the bases
-- Returns the bases of the happenings of which something is left: what waited for who moved to another account is skipped as
-- 'moved', so that it is known what became of it. Of who is erased nothing is left. Safe to repeat.

-- End what waited, without the address; tell whether it did, now or in an earlier call.
local function end_waiting(deliveries, states, id, field, now_ms)
  local packed = redis.call('HGET', deliveries, field)
  local record = packed and cmsgpack.unpack(packed)
  if not record then return false end
  if record.s == 'skipped' and record.p == 'moved' then return true end
  if record.s ~= 'queued' then return false end
  record.s, record.p, record.at, record.to = 'skipped', 'moved', now_ms, nil
  keep_delivery(deliveries, states, id, field, record)
  return true
end

local function forget(KEYS, deliveries, id, field)
  local channel = string.match(field, '[^:]*$')
  redis.call('HDEL', deliveries, field)
  redis.call('ZREM', KEYS[1], id .. ':' .. channel)
  for _, state in ipairs(STANDS) do redis.call('ZREM', KEYS[2], standing(channel, state, id)) end
end

local function forget_deliveries(KEYS, ARGV)
  local user, moved, now_ms, left = ARGV[1], ARGV[2] == 'moved', tonumber(ARGV[3]), {}
  for i = 3, #KEYS do
    local base, index, is_left = ARGV[i + 1], redis.call('HGET', KEYS[i], '@' .. user), false
    for _, channel in ipairs(index and {'text', 'email'} or {}) do
      local id, field = base .. '-' .. index, index .. ':' .. channel
      if moved and end_waiting(KEYS[i], KEYS[2], id, field, now_ms) then
        is_left = true
      else
        forget(KEYS, KEYS[i], id, field)
      end
    end
    if is_left then left[#left + 1] = base elseif index then redis.call('HDEL', KEYS[i], '@' .. user) end
  end
  return left
end

register('forget_deliveries', forget_deliveries)
