-- Forget a user's entries that are older than the account keeps, at most 100 a call. See `trim` in library.lua.
--
-- KEYS  nine of the user (library.lua)
-- ARGV  cutoff in ms of business time
-- Returns the number forgotten.

local function trim_user(KEYS, ARGV)
  return trim(user_keys(KEYS, 1), tonumber(ARGV[1]), 100)
end

register('trim', trim_user)
