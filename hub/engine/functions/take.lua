-- Take requests out of what a credential may do in a window, unless they are too many.
--
-- KEYS  the count of this window, the count of the one before
-- ARGV  how many a window may have, its length in ms, how many to take (0 only looks)
-- Returns {taken or not, count before, ms that it still weighs, count now, ms until its key is gone}.
--
-- The sliding window counter of the library `limits`: the window before weighs in by the part of it that the last
-- minute still covers. A window's key lives for two windows; in its second one it is renamed, and so becomes the
-- window before. Its time to live is the only clock.
-- A call that is repeated for want of an answer counts twice, which does no harm.
-- These counts are written to neither file nor replica: they may be lost, and a request that only reads must not
-- wait for the disk.

local function take(KEYS, ARGV)
  redis.set_repl(redis.REPL_NONE)
  local most, window_ms, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local left_ms = redis.call('PTTL', KEYS[1])
  if left_ms > 0 and left_ms < window_ms then
    redis.call('RENAME', KEYS[1], KEYS[2])
    redis.call('SET', KEYS[1], 0, 'PX', left_ms + window_ms)
    left_ms = left_ms + window_ms
  end
  local before, weighs_ms = tonumber(redis.call('GET', KEYS[2]) or 0), math.max(0, redis.call('PTTL', KEYS[2]))
  local count = tonumber(redis.call('GET', KEYS[1]) or 0)
  if math.floor(before * weighs_ms / window_ms) + count + wanted > most then
    return {0, before, weighs_ms, count, math.max(0, left_ms)}
  end
  if left_ms > 0 then
    count = redis.call('INCRBY', KEYS[1], wanted)
  elseif wanted > 0 then
    redis.call('SET', KEYS[1], wanted, 'PX', window_ms * 2)
    count, left_ms = wanted, window_ms * 2
  end
  return {1, before, weighs_ms, count, math.max(0, left_ms)}
end

register('take', take)
