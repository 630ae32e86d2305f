-- Let the gateways of a page of users of one account know that something that reaches them changed.
--
-- KEYS  hash user:<id> and channel of each
-- ARGV  message kind, then the users' ids, at most 100
-- Each one's `rev` grows, so that a gateway that does not hear the message finds out.

local function touch(KEYS, ARGV)
  for i = 2, #ARGV do
    redis.call('HINCRBY', KEYS[2 * i - 3], 'rev', 1)
    publish(KEYS[2 * i - 2], {k = ARGV[1], user = ARGV[i]})
  end
  return #ARGV - 1
end

register('touch', touch)
