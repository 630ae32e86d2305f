-- Send every tab of a user away: whoever has one closes it with 4503, also when the message is lost.
--
-- KEYS  leases, hash user:<id>, the user's channel
-- ARGV  user id
-- Returns the number of tabs that were open. `ended` (us) says when it was: a person who was read before is out.

local function disconnect(KEYS, ARGV)
  local person, leases, now_us = read_person(KEYS[2]), read_leases(KEYS[1]), clock_us()
  local open = 0
  for _, tab in pairs(person.tabs) do
    if (leases[tab.g] or 0) > now_us / 1000 then open = open + 1 end
  end
  redis.call('HSET', KEYS[2], 'ended', now_us)
  redis.call('HINCRBY', KEYS[2], 'rev', 1)
  publish(KEYS[3], {k = 'ended', user = ARGV[1]})
  return open
end

register('disconnect', disconnect)
