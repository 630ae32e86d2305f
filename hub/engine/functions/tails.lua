-- Read the head of the logs of a page of users of one account: what finds a lost last message.
--
-- KEYS  the hash user:<id> of each
-- Returns per user {epoch, seq, gen, rev}; epoch is '' for a user without a log.

local function tails(KEYS)
  local heads = {}
  for i, key in ipairs(KEYS) do
    local head = redis.call('HMGET', key, 'epoch', 'seq', 'gen', 'rev')
    heads[i] = {head[1] or '', tonumber(head[2]) or 0, tonumber(head[3]) or 0, tonumber(head[4]) or 0}
  end
  return heads
end

register('tails', tails, true)
