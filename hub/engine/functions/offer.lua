-- Offer again what nobody answered for, for a page of users of one account.
--
-- Called by every gateway that hosts a tab of the user once an offer may be overdue, and when a gateway died: the
-- store decides, so it does not matter who asks, how often, or whether the gateway that made the offer still lives.
--
-- KEYS  leases, notifications, nine per user and, for views, four more per view (library.lua)
-- ARGV  packed {users = {user, ...}, view}
-- Returns per user the ms until their oldest open offer is overdue, 0 when none is open.

local function overdue(keys, now_ms)
  local oldest = redis.call('ZRANGE', keys.offers, 0, 0, 'WITHSCORES')
  if #oldest == 0 then return nil end
  return tonumber(oldest[2]) - now_ms
end

-- What was closed before its tab heard of it needs no answer.
local function forget_closed(keys, now_ms)
  for _, id in ipairs(redis.call('ZRANGE', keys.offers, 0, -1)) do
    if not is_open(keys, id, now_ms) then redis.call('ZREM', keys.offers, id) end
  end
end

local function offer_again(keys, user, shared, now_ms)
  local person, silent = read_person(keys.user), nil
  person.id = user
  drop_ghosts(keys, person, shared.leases, now_ms)
  if keys.away then forget_closed(keys, now_ms) end
  local left = overdue(keys, now_ms)
  local tab = person.tabs[person.elected]
  if left and left <= 0 and tab and tab.n == person.holder then
    tab.z, silent = 1, person.elected
    write_tab(keys, person, person.elected, tab)
  end
  settle(keys, person, shared.leases, shared.notifications, now_ms, silent, shared.budget)
  left = overdue(keys, now_ms)
  return left and math.max(1, left) or 0
end

local function offer(KEYS, ARGV)
  local asked = cmsgpack.unpack(ARGV[1])
  local shared = {leases = read_leases(KEYS[1]), notifications = KEYS[2], budget = {left = REOFFERED_BYTES}}
  local each, now_ms, waits = asked.view and 13 or 9, math.floor(clock_us() / 1000), {}
  for i, user in ipairs(asked.users) do
    waits[i] = offer_again(seat_keys(KEYS, 3 + each * (i - 1), asked.view), user, shared, now_ms)
  end
  return waits
end

register('offer', offer)
