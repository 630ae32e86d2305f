-- Close timed pop-ups that left the screen by themselves. Their entries stay unread, so the log takes no entry.
--
-- KEYS  nine of the user (library.lua)
-- ARGV  packed {connection, ids}
-- Returns the number closed. Counts only from the connection that holds the current offers; sticky ones stay open.

local function faded(KEYS, ARGV)
  local asked, keys = cmsgpack.unpack(ARGV[1]), user_keys(KEYS, 1)
  if redis.call('HGET', keys.user, 'holder') ~= asked.connection then return 0 end
  local closed = 0
  for _, id in ipairs(asked.ids) do
    local score = redis.call('ZSCORE', keys.popups, id)
    if score and tonumber(score) < STICKY then
      redis.call('ZREM', keys.popups, id)
      redis.call('ZREM', keys.offers, id)
      closed = closed + 1
    end
  end
  return closed
end

register('faded', faded)
