-- Say which delivery of a leased lane is next, or give the lane back when none is due.
--
-- KEYS  lane:<channel>:<user>, lanes:<channel>, lane-leases:<channel>, lane-holds:<channel>
-- ARGV  user, holder, business time in ms
-- Returns the notification id; '' when the lane was given back, false when it was lost to another holder. Nothing comes
-- between the look and the giving back, so what is appended meanwhile finds the lane leased or in its place.

local function next_in_lane(KEYS, ARGV)
  if not read_lease(KEYS[3], ARGV[1], ARGV[2]) then return false end
  local head = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  local hold = tonumber(redis.call('HGET', KEYS[4], ARGV[1]) or 0)
  local due = head[1] and math.max(tonumber(head[2]), hold)
  if due and due <= tonumber(ARGV[3]) then return head[1] end
  redis.call('HDEL', KEYS[3], ARGV[1])
  if due then
    redis.call('ZADD', KEYS[2], due, ARGV[1])
  else
    redis.call('HDEL', KEYS[4], ARGV[1])
  end
  return ''
end

register('next_in_lane', next_in_lane)
