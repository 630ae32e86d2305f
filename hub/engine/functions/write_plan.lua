-- Write a bounded piece of a plan that is not committed yet (plans.py).
--
-- KEYS  plan:<base>
-- ARGV  '1' for the first piece, else ''; then field, value, ...
-- Returns 1, or 0 when the plan was given up meanwhile: then nothing is written.

local function write_plan(KEYS, ARGV)
  if ARGV[1] == '' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  return 1
end

register('write_plan', write_plan)
