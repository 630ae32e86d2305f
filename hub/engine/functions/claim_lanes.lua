-- Take lanes of one channel of an account that have something due, leasing them by the store's clock.
--
-- KEYS  lanes:<channel>, lane-leases:<channel>
-- ARGV  holder (of this call alone, so that a repetition of it finds what it took), business time in ms, most, lease in ms
-- Returns {users, leases there are now, when the next lane is due (-1 = none)}. A lane whose lease ran out is there to be
-- taken again: its holder died, or hangs.

local function claim_lanes(KEYS, ARGV)
  local holder, now_ms, taken = ARGV[1], math.floor(clock_us() / 1000), {}
  local live = live_leases(KEYS[1], KEYS[2], now_ms)
  local leases = #live
  for _, lease in ipairs(live) do
    if lease[2] == holder then taken[#taken + 1] = lease[1] end
  end
  local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3] - #taken)
  for i = 1, #due, 2 do
    redis.call('ZREM', KEYS[1], due[i])
    redis.call('HSET', KEYS[2], due[i], cmsgpack.pack({h = holder, e = now_ms + ARGV[4], d = tonumber(due[i + 1])}))
    taken[#taken + 1], leases = due[i], leases + 1
  end
  local following = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return {taken, leases, following[2] or '-1'}
end

register('claim_lanes', claim_lanes)
