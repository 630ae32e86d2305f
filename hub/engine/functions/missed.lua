-- Read the changes of one user after a number, for a gateway that found a gap.
--
-- KEYS  notifications, nine of the user (library.lua)
-- ARGV  packed {after}
-- Returns {epoch, seq, unread, gen, elected, rev, whole 0|1, rows, pop-up rows}; whole is 0 when the log no longer holds them all.

local function missed(KEYS, ARGV)
  local asked, keys = cmsgpack.unpack(ARGV[1]), user_keys(KEYS, 2)
  local person = read_person(keys.user)
  local rows = missed_rows(keys, person, KEYS[1], asked.after)
  local now_ms = math.floor(clock_us() / 1000)
  return {
    person.epoch or '', person.seq, redis.call('ZCARD', keys.unread), person.gen, person.elected, person.rev,
    rows and 1 or 0, rows or {}, popup_rows(keys, KEYS[1], open_popups(keys, now_ms)),
  }
end

register('missed', missed)
