-- Give an id that is unique in the installation to an account, or give it up.
--
-- KEYS  the index (hash id -> account), what is intended for ids (hash), the accounts (hash), those that close (hash)
-- ARGV  id, account ('' = gives it up), account that may give it up ('' = none), what the caller intends ('' = nothing)
-- Returns 1 when the account holds the id now, else 0: another holds it, something else is intended for it (it is being
-- erased, or it moves), or the account is gone or closing. Whom a gone account holds is free.

local function claim_id(KEYS, ARGV)
  local id, account, before, intended = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
  local holder = redis.call('HGET', KEYS[1], id) or ''
  if (redis.call('HGET', KEYS[2], id) or '') ~= intended then return 0 end
  if account == '' then
    if holder == before then redis.call('HDEL', KEYS[1], id) end
    return 1
  end
  local is_open = redis.call('HEXISTS', KEYS[3], account) == 1 and redis.call('HEXISTS', KEYS[4], account) == 0
  if not is_open then return 0 end
  if redis.call('HEXISTS', KEYS[3], holder) == 0 then holder = '' end
  if holder ~= before and holder ~= account then return 0 end
  redis.call('HSET', KEYS[1], id, account)
  return 1
end

register('claim_id', claim_id)
