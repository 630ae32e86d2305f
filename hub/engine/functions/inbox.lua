-- Read one page of a user's inbox, newest first.
--
-- KEYS  notifications, nine of the user and, for a view, four of it (library.lua)
-- ARGV  packed {state = 'all' | 'unread' | 'archived', before (a seq; entries below it) | nil, limit, account | nil,
--               cutoff, view}
-- Returns {rows, seq to go on before (0 = the end), unread}. `all` is everything outside the archive.
-- With `account`, or in a view, at most 1,000 entries are looked through a call, so a page may be short and still not the
-- last.

local SOURCE = {all = 'inbox', unread = 'unread', archived = 'archive'}

local function belongs(keys, id, account)
  if not account then return true end
  local packed = redis.call('HGET', keys.entries, id)
  return packed and cmsgpack.unpack(packed).o == account
end

local function inbox(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local keys = seat_keys(KEYS, 2, asked.view)
  trim(keys.target, asked.cutoff, 50)
  local most = (asked.account or asked.view) and 1000 or asked.limit + 1
  local below = asked.before and '(' .. asked.before or '+inf'
  local found = redis.call('ZREVRANGEBYSCORE', keys[SOURCE[asked.state]], below, '-inf', 'WITHSCORES', 'LIMIT', 0, most)
  local rows, next_before = {}, 0
  for i = 1, #found, 2 do
    if #rows == asked.limit then break end
    local is_wanted = asked.state ~= 'unread' or is_unread(keys, found[i])
    if is_wanted and belongs(keys, found[i], asked.account) then
      local row = read_row(keys, KEYS[1], found[i], true)
      if row then rows[#rows + 1] = row end
    end
    next_before = i + 2 <= #found and tonumber(found[i + 1]) or 0
  end
  if next_before == 0 and #found == 2 * most then next_before = tonumber(found[#found]) end
  return {rows, next_before, count_unread(keys)}
end

register('inbox', inbox)
