-- Say what is next in a leased lane, or give the lane back when nothing is due.
--
-- KEYS  the lane (lane:<channel>:<user>, or the messages of all webhooks), lanes:<channel>, lane-leases:<channel>,
--       lane-holds:<channel>
-- ARGV  user (or webhook), holder, business time in ms, '1' where all lanes lie under that key
-- Returns its id; '' when the lane was given back, false when it was lost to another holder. Nothing comes between the
-- look and the giving back, so what is appended meanwhile finds the lane leased or in its place.

local function first_of(key, name, shared)
  if shared == '' then return redis.call('ZRANGE', key, 0, 0, 'WITHSCORES') end
  local from, to = members_of(name)
  return redis.call('ZRANGEBYLEX', key, from, to, 'LIMIT', 0, 1)
end

local function next_in_lane(KEYS, ARGV)
  if not read_lease(KEYS[3], ARGV[1], ARGV[2]) then return false end
  local head = first_of(KEYS[1], ARGV[1], ARGV[4])
  local hold = tonumber(redis.call('HGET', KEYS[4], ARGV[1]) or 0)
  local due = head[1] and math.max(tonumber(head[2] or 0), hold)
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
