-- Close timed pop-ups that left the screen by themselves. Their entries stay unread, so the log takes no entry.
--
-- KEYS  nine of the user and, for a view, four of it (library.lua)
-- ARGV  packed {view, connection, ids}
-- Returns the number closed. Counts only from the connection that holds the current offers; sticky ones stay open.
-- What fades in a log-in-as session is put away there only.

local function fade(keys, id)
  if keys.away then
    put_away(keys, id, 'closed')
  else
    redis.call('ZREM', keys.popups, id)
    redis.call('ZREM', keys.offers, id)
  end
end

local function faded(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local keys = seat_keys(KEYS, 1, asked.view)
  if redis.call('HGET', keys.user, 'holder') ~= asked.connection then return 0 end
  local closed = 0
  for _, id in ipairs(asked.ids) do
    local score = redis.call('ZSCORE', keys.popups, id)
    if score and tonumber(score) < STICKY and (not keys.away or is_open(keys, id, 0)) then
      fade(keys, id)
      closed = closed + 1
    end
  end
  if keys.away and closed > 0 then redis.call('EXPIRE', keys.away, VIEW_S) end
  return closed
end

register('faded', faded)
