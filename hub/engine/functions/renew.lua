-- Renew a gateway's lease in one account, and name the gateways whose lease ran out.
--
-- KEYS  leases
-- ARGV  gateway, lease in ms
-- Returns {lapsed 0|1, {dead gateways}}: lapsed means this gateway's own lease had run out, so its tabs may be forgotten
-- and must be reported anew. A dead gateway is named for a minute, so that every living one hears of it.

local function renew(KEYS, ARGV)
  local gateway, now_ms = ARGV[1], math.floor(clock_us() / 1000)
  local leases, dead = read_leases(KEYS[1]), {}
  local lapsed = (leases[gateway] or 0) <= now_ms
  redis.call('HSET', KEYS[1], gateway, now_ms + tonumber(ARGV[2]))
  for name, expires in pairs(leases) do
    if name ~= gateway and expires <= now_ms then
      if expires < now_ms - 60000 then redis.call('HDEL', KEYS[1], name) else dead[#dead + 1] = name end
    end
  end
  return {lapsed and 1 or 0, dead}
end

register('renew', renew)
