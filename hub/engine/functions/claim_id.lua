-- Give an id that is unique in the installation to an account, unless another account holds it.
--
-- KEYS  the index (hash id -> account)
-- ARGV  id, account, account that may give it up ('' = none)
-- Returns the account that holds the id now.

local function claim_id(KEYS, ARGV)
  local holder = redis.call('HGET', KEYS[1], ARGV[1])
  if not holder or holder == ARGV[3] then
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
    return ARGV[2]
  end
  return holder
end

register('claim_id', claim_id)
