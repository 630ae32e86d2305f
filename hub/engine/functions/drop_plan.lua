-- Give a plan up, unless its first page committed it.
--
-- KEYS  plan:<base>
-- ARGV  nothing
-- Returns 1 when there is no plan now, 0 when it is committed and has to be worked off.

local function drop_plan(KEYS)
  if redis.call('HEXISTS', KEYS[1], 'committed') == 1 then return 0 end
  redis.call('UNLINK', KEYS[1])
  return 1
end

register('drop_plan', drop_plan)
