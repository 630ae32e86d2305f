-- Withdraw one happening from a page of users of one account: it leaves their inboxes and screens, in one step.
--
-- The tombstone is written before (append.lua looks at it), so nobody gets it afterwards. Safe to repeat.
--
-- KEYS  `channels` channels, then nine per user (library.lua)
-- ARGV  packed {base, channels, users = {{user, index, channel 1..channels}, ...}}
-- Returns the number of users from whom it was withdrawn.

local function withdraw(keys, id)
  if redis.call('HDEL', keys.entries, id) == 0 then return nil end
  for _, set in ipairs({keys.inbox, keys.archive, keys.unread, keys.popups, keys.offers}) do redis.call('ZREM', set, id) end
  return log_change(keys, read_person(keys.user), {k = 'recalled', ids = {id}})
end

local function recall(KEYS, ARGV)
  local page, told, withdrawn = cmsgpack.unpack(ARGV[1]), {}, 0
  for i, entry in ipairs(page.users) do
    local keys = user_keys(KEYS, page.channels + 9 * (i - 1) + 1)
    local seq = withdraw(keys, page.base .. '-' .. entry[2])
    if seq then
      told[entry[3]] = told[entry[3]] or {}
      table.insert(told[entry[3]], {entry[1], entry[2], seq, redis.call('ZCARD', keys.unread)})
      withdrawn = withdrawn + 1
    end
  end
  for channel, users in pairs(told) do publish(KEYS[channel], {k = 'recall', base = page.base, users = users}) end
  return withdrawn
end

register('recall', recall)
