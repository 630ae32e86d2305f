-- Take these lanes of one channel of an account, as far as they have something due, leasing them by the store's clock.
--
-- KEYS  lanes:<channel>, lane-leases:<channel>
-- ARGV  holder (of this call alone, so that a repetition of it finds what it took), business time in ms, lease in ms, user, ...
-- Returns the users whose lanes were taken.

local function lease_lanes(KEYS, ARGV)
  local holder, due_by, now_ms, taken = ARGV[1], tonumber(ARGV[2]), math.floor(clock_us() / 1000), {}
  for i = 4, #ARGV do
    local due = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or 'inf')
    if due <= due_by then
      redis.call('ZREM', KEYS[1], ARGV[i])
      redis.call('HSET', KEYS[2], ARGV[i], cmsgpack.pack({h = holder, e = now_ms + ARGV[3], d = due}))
      taken[#taken + 1] = ARGV[i]
    elseif read_lease(KEYS[2], ARGV[i], holder) then
      taken[#taken + 1] = ARGV[i]
    end
  end
  return taken
end

register('lease_lanes', lease_lanes)
