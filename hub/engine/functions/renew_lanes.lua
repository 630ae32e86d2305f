-- Keep lanes of one channel of an account from others for longer.
--
-- KEYS  lane-leases:<channel>
-- ARGV  lease in ms, then user, holder, ...
-- Returns how many of them are still held.

local function renew_lanes(KEYS, ARGV)
  local now_ms, held = math.floor(clock_us() / 1000), 0
  for i = 2, #ARGV, 2 do
    local lease = read_lease(KEYS[1], ARGV[i], ARGV[i + 1])
    if lease then
      lease.e, held = now_ms + ARGV[1], held + 1
      redis.call('HSET', KEYS[1], ARGV[i], cmsgpack.pack(lease))
    end
  end
  return held
end

register('renew_lanes', renew_lanes)
