-- Be at what is intended for an id, and write it down: whoever dies with it, another takes it up when the lease ran out.
--
-- KEYS  intentions (hash id -> what), who is at them (hash id -> holder and end of the lease, ms)
-- ARGV  id, what ('' = only what is there), holder, lease in ms
-- Returns what is intended ('' = nothing, and nobody is at it), or false while another is at it. An intention that is
-- there already stays. The same holder may come again, to renew the lease.

local function intend(KEYS, ARGV)
  local id, holder, now_ms = ARGV[1], ARGV[3], math.floor(clock_us() / 1000)
  local there = redis.call('HGET', KEYS[1], id)
  local intended = there or ARGV[2]
  if intended == '' then return '' end
  local at, until_ms = string.match(redis.call('HGET', KEYS[2], id) or '', '^(%S+) (%d+)$')
  if at and at ~= holder and tonumber(until_ms) > now_ms then return false end
  redis.call('HSET', KEYS[1], id, intended)
  redis.call('HSET', KEYS[2], id, string.format('%s %.0f', holder, now_ms + tonumber(ARGV[4])))
  return intended
end

register('intend', intend)
