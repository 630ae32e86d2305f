-- Write or remove one directory object, so that every process can follow the changes.
--
-- KEYS  the hash of that kind; then what is asked for: its changes (sorted set id -> number), its index (sorted set of
--       "<account> <id>", all with score 0), the ids that close (hash), the accounts where the object belongs to one, a
--       hash of intentions for each note, hash user:<id> and the user's channel
-- ARGV  packed {id, document ('' removes), expected: documents of which one must be there ('' = none; nil: any),
--       head: the number of the kind's latest change (nil: any), numbered, indexed, account: of the object, for the index;
--       guarded: it must not close, and `parent`, if there is one, must be there and not close either; belongs: it is
--       no account, and `parent` is the one that it belongs to;
--       notes: what is intended with this id from now on ('' = the number of the change);
--       message: kind for the channel, user}
-- Returns the number of the change (0 where changes are not numbered), or false when another document is there, when
-- anything of the kind changed since `head`, or when something closes: then nothing was done. A document that is there
-- already is no conflict, and keeps its number: this call may be the repetition of one that was carried out. With a
-- message the user's `rev` grows and their tabs' gateways hear of it.

local function is_expected(there, asked)
  if not asked.expected or there == asked.document then return true end
  for _, document in ipairs(asked.expected) do
    if there == document then return true end
  end
  return false
end

local function may_stay(accounts, closing, asked)
  if not asked.belongs and redis.call('HEXISTS', closing, asked.id) == 1 then return false end
  if not asked.parent then return true end
  return redis.call('HEXISTS', accounts, asked.parent) == 1 and redis.call('HEXISTS', closing, asked.parent) == 0
end

local function write_index(key, asked, there)
  if there ~= '' then redis.call('ZREM', key, cjson.decode(there).account .. ' ' .. asked.id) end
  if asked.document ~= '' then redis.call('ZADD', key, 0, asked.account .. ' ' .. asked.id) end
end

local function put(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local there = redis.call('HGET', KEYS[1], asked.id) or ''
  if not is_expected(there, asked) then return false end
  local following = 2 + (asked.numbered and 1 or 0) + (asked.indexed and 1 or 0)
  if asked.guarded then
    local accounts = asked.belongs and KEYS[following + 1] or KEYS[1]
    if not may_stay(accounts, KEYS[following], asked) then return false end
    following = following + (asked.belongs and 2 or 1)
  end
  local number = 0
  if asked.numbered then
    local newest = tonumber(redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]) or 0
    local known = there == asked.document and redis.call('ZSCORE', KEYS[2], asked.id)
    if asked.head and not known and newest ~= asked.head then return false end
    number = tonumber(known or newest + 1)
    redis.call('ZADD', KEYS[2], number, asked.id)
  end
  if asked.indexed then write_index(KEYS[asked.numbered and 3 or 2], asked, there) end
  for _, note in ipairs(asked.notes or {}) do
    redis.call('HSET', KEYS[following], asked.id, note == '' and string.format('%.0f', number) or note)
    following = following + 1
  end
  if asked.document == '' then
    redis.call('HDEL', KEYS[1], asked.id)
  else
    redis.call('HSET', KEYS[1], asked.id, asked.document)
  end
  if asked.message then
    redis.call('HINCRBY', KEYS[following], 'rev', 1)
    publish(KEYS[following + 1], {k = asked.message, user = asked.user})
  end
  return number
end

register('put', put)
