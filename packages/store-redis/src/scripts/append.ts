import { writeScript } from './script.ts'

/**
 * Appends messages and nothing else: the lean form of `commit`, without a closure on its way.
 *
 * KEYS  1 record, 2 messages, 3 ids, 4 context, 5 context keys, 6 all, 7 due, 8 counters, 9 updated, 10 expires
 * ARGV  1 session id, 2 owner (``: not asked, `-`: nobody, `+ID`), 3 grace in ms and conditions, `grace version
 *       lastSeq createdAt` (`-` for none), then for each message: id, createdAt or ``, its element behind the version
 * answers  the record's hot part and `createdAt now dropped` as one text, which is less to put together and to take apart than five values;
 *          {'K', that text, user id} where the index is away
 *          {'N'} absent, {'E'} expired, {'SCHEMA'}, {'CHECK'} for `commit` to judge: an id that is there, a condition that
 *          missed, closed, over the cap
 */
export const APPEND = writeScript(
  'append',
  String.raw`
local h = redis.call('HGET', KEYS[1], 'h')
if not h then return {'N'} end
local version, seq, count, first, updated, expires, context, cold =
  string.match(h, '^1 (%d+) (%d+) (%d+) (%d+) (%-?%d+) (%S+) (%d+) (.+)$')
if not version then return {'SCHEMA'} end
local ttl, sliding, max, overflow, active, created, tag, home =
  string.match(cold, '^(%S+) (%d) (%S+) (%a) (%d) (%-?%d+) %d+ (%S+) (%S)$')
if ARGV[2] ~= '' then
  local user = redis.call('HGET', KEYS[1], 'u')
  if (user and '+' .. user or '-') ~= ARGV[2] then return {'N'} end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = tonumber(expires)
if ends and now >= ends then return {'E'} end
seq, count = tonumber(seq), tonumber(count)

local added = (#ARGV - 3) / 3
if string.sub(ARGV[3], -6) ~= ' - - -' then
  local v, s, c = string.match(ARGV[3], ' (%S+) (%S+) (%S+)$')
  if (v ~= '-' and v ~= version) or (s ~= '-' and tonumber(s) ~= seq) or (c ~= '-' and c ~= created) then return {'CHECK'} end
end
if active == '0' then return {'CHECK'} end
local dropped = 0
if max ~= '-' and count + added > tonumber(max) then
  max = tonumber(max)
  if overflow == 'r' or added > max or count + added - max > 1000 then return {'CHECK'} end
  dropped = count + added - max
end

local format = string.format
local last = format('%.0f', seq + added)
for m = 1, added do
  if redis.call('HSETNX', KEYS[3], ARGV[1 + 3 * m], m == added and last or seq + m) == 0 then
    for back = 1, m - 1 do redis.call('HDEL', KEYS[3], ARGV[1 + 3 * back]) end
    return {'CHECK'}
  end
end

version = format('%.0f', version + 1)
local clock = format('%.0f', now)
local length
for m = 1, added do
  local createdAt = ARGV[2 + 3 * m]
  if createdAt == '' then createdAt = clock end
  length = redis.call('RPUSH', KEYS[2], '[' .. (m == added and last or format('%.0f', seq + m)) .. ',' .. createdAt .. ',' .. version .. ARGV[3 + 3 * m])
end
if count == 0 then first = format('%.0f', seq + 1) end
if dropped > 0 then
  for _, element in ipairs(redis.call('LRANGE', KEYS[2], 0, dropped - 1)) do
    local rest = string.match(element, '^%[%d+,%-?%d+,%d+,[^,]+,"?[%w+/=_~-]*"?,([^\n]*)\n')
    redis.call('HDEL', KEYS[3], string.match(rest, '^"([^"\\]*)",') or cjson.decode('[' .. rest .. '0]')[1])
  end
  redis.call('LTRIM', KEYS[2], dropped, -1)
  first = string.match(redis.call('LINDEX', KEYS[2], 0), '^%[(%d+)')
end
if redis.call('HINCRBY', KEYS[8], 'm', added - dropped) == added then
  -- Made by this: it lives as long as its shard.
  local left = redis.call('PTTL', KEYS[6])
  if left > 0 then redis.call('PEXPIRE', KEYS[8], left) end
end

local before = tonumber(updated)
if now > before then
  if home == '1' then
    -- A time of thirteen digits, as nearly all are, is its own place in the index.
    if #updated ~= 13 or before < 0 then updated = format('%013.0f', math.max(0, before)) end
    -- The new one first: an index without members is gone, and its end with it.
    redis.call('ZADD', KEYS[9], '0', tag .. ':' .. clock .. ':' .. ARGV[1])
    redis.call('ZREM', KEYS[9], tag .. ':' .. updated .. ':' .. ARGV[1])
  end
  updated = clock
end
if sliding == '1' and ends and ttl ~= '-' and now + ttl > ends then
  local former = ends
  ends = now + ttl
  expires = format('%.0f', ends)
  redis.call('ZADD', KEYS[7], expires, ARGV[1])
  if home == '1' then
    local before = tag .. ':' .. format('%013.0f', math.min(former, 9999999999998)) .. ':' .. ARGV[1]
    local after = tag .. ':' .. format('%013.0f', math.min(ends, 9999999999998)) .. ':' .. ARGV[1]
    if before ~= after then
      redis.call('ZADD', KEYS[10], '0', after)
      redis.call('ZREM', KEYS[10], before)
    end
  end
  local grace = tonumber(string.match(ARGV[3], '^%d+'))
  local gone = format('%.0f', ends + grace)
  for k = 1, 5 do redis.call('PEXPIREAT', KEYS[k], gone) end
  local left = redis.call('PTTL', KEYS[7])
  if left ~= -1 and now + left < ends + grace then
    for k = 6, 10 do redis.call('PEXPIREAT', KEYS[k], format('%.0f', ends + grace + 600000)) end
  end
elseif ends and length == added then
  local gone = format('%.0f', ends + string.match(ARGV[3], '^%d+'))
  redis.call('PEXPIREAT', KEYS[2], gone)
  redis.call('PEXPIREAT', KEYS[3], gone)
end

local hot = version .. ' ' .. last .. ' ' .. format('%.0f', count + added - dropped) .. ' ' .. first .. ' ' .. updated .. ' ' .. expires .. ' ' .. context
redis.call('HSET', KEYS[1], 'h', '1 ' .. hot .. ' ' .. cold)
local answer = hot .. ' ' .. created .. ' ' .. clock .. ' ' .. dropped
if home == '0' then return {'K', answer, redis.call('HGET', KEYS[1], 'u')} end
return answer
`,
)
