import { writeScript } from './script.ts'

/**
 * Appends messages and nothing else: the lean form of `commit`, without a closure on its way.
 *
 * KEYS  1 record, 2 messages, 3 ids, 4 context, 5 context keys, 6 all, 7 due, 8 counters, 9 updated, 10 expires
 * ARGV  1 session id, 2 grace in ms, 3 conditions `version lastSeq createdAt` (`-` for none), 4 owner (``: not
 *       asked, `-`: nobody, `+ID`), then for each message: id, `"id","role",`, createdAt or ``, digest or 0,
 *       content and metadata as the last two lines of its element
 * answers  {'K', the record's hot part, now, dropped, user id where the index is away}
 *          {'R', hot part, elements…} where all were there; {'CHECK'} where some were: `commit` shall judge
 *          {'N'} absent, {'E'} expired, {'SCHEMA'}, {'CHECK'} a condition that missed, closed, over the cap
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
if ARGV[4] ~= '' then
  local user = redis.call('HGET', KEYS[1], 'u')
  if (user and '+' .. user or '-') ~= ARGV[4] then return {'N'} end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
expires = tonumber(expires)
if expires and now >= expires then return {'E'} end
seq, count = tonumber(seq), tonumber(count)

local added = (#ARGV - 4) / 5
if ARGV[3] ~= '- - -' then
  local v, s, c = string.match(ARGV[3], '^(%S+) (%S+) (%S+)$')
  if (v ~= '-' and v ~= version) or (s ~= '-' and tonumber(s) ~= seq) or (c ~= '-' and c ~= created) then return {'CHECK'} end
end
if active == '0' then return {'CHECK'} end
max = tonumber(max)
local dropped = 0
if max and count + added > max then
  if overflow == 'r' or added > max or count + added - max > 1000 then return {'CHECK'} end
  dropped = count + added - max
end

for m = 1, added do
  if redis.call('HSETNX', KEYS[3], ARGV[5 * m], seq + m) == 0 then
    for back = 1, m - 1 do redis.call('HDEL', KEYS[3], ARGV[5 * back]) end
    return {'CHECK'}
  end
end

version = string.format('%.0f', version + 1)
local length
for m = 1, added do
  local a = 5 * m
  local createdAt = ARGV[a + 2]
  if createdAt == '' then createdAt = string.format('%.0f', now) end
  length = redis.call('RPUSH', KEYS[2], '[' .. string.format('%.0f', seq + m) .. ',' .. createdAt .. ',' .. version .. ',null,' .. ARGV[a + 3] .. ',' .. ARGV[a + 1] .. '\n' .. ARGV[a + 4])
end
if count == 0 then first = string.format('%.0f', seq + 1) end
if dropped > 0 then
  for _, element in ipairs(redis.call('LRANGE', KEYS[2], 0, dropped - 1)) do
    local rest = string.match(element, '^%[%d+,%-?%d+,%d+,[^,]+,"?[%w+/=_~-]*"?,([^\n]*)\n')
    redis.call('HDEL', KEYS[3], string.match(rest, '^"([^"\\]*)",') or cjson.decode('[' .. rest .. '0]')[1])
  end
  redis.call('LTRIM', KEYS[2], dropped, -1)
  first = string.match(redis.call('LINDEX', KEYS[2], 0), '^%[(%d+)')
end
count = count + added - dropped
if redis.call('HINCRBY', KEYS[8], 'm', added - dropped) == added then
  -- Made by this: it lives as long as its shard.
  local left = redis.call('PTTL', KEYS[6])
  if left > 0 then redis.call('PEXPIRE', KEYS[8], left) end
end

local before = tonumber(updated)
local moved = math.max(now, before)
if home == '1' and moved ~= before then
  redis.call('ZREM', KEYS[9], tag .. ':' .. string.format('%013.0f', math.max(0, math.min(before, 9999999999998))) .. ':' .. ARGV[1])
  redis.call('ZADD', KEYS[9], 0, tag .. ':' .. string.format('%013.0f', math.max(0, math.min(moved, 9999999999998))) .. ':' .. ARGV[1])
end
local grace = tonumber(ARGV[2])
local ends = expires
if sliding == '1' and expires and tonumber(ttl) then ends = math.max(expires, now + tonumber(ttl)) end
if ends ~= expires then
  redis.call('ZADD', KEYS[7], string.format('%.0f', ends), ARGV[1])
  if home == '1' then
    redis.call('ZREM', KEYS[10], tag .. ':' .. string.format('%013.0f', math.min(expires, 9999999999998)) .. ':' .. ARGV[1])
    redis.call('ZADD', KEYS[10], 0, tag .. ':' .. string.format('%013.0f', math.min(ends, 9999999999998)) .. ':' .. ARGV[1])
  end
  local gone = string.format('%.0f', ends + grace)
  for k = 1, 5 do redis.call('PEXPIREAT', KEYS[k], gone) end
  local left = redis.call('PTTL', KEYS[7])
  if left ~= -1 and now + left < ends + grace then
    for k = 6, 10 do redis.call('PEXPIREAT', KEYS[k], string.format('%.0f', ends + grace + 600000)) end
  end
elseif ends and length == added then
  local gone = string.format('%.0f', ends + grace)
  redis.call('PEXPIREAT', KEYS[2], gone)
  redis.call('PEXPIREAT', KEYS[3], gone)
end

local hot = version .. ' ' .. string.format('%.0f', seq + added) .. ' ' .. string.format('%.0f', count) .. ' ' .. first .. ' ' .. string.format('%.0f', moved) .. ' ' .. (ends and string.format('%.0f', ends) or '-') .. ' ' .. context
redis.call('HSET', KEYS[1], 'h', '1 ' .. hot .. ' ' .. cold)
return {'K', hot .. ' ' .. created, string.format('%.0f', now), dropped, home == '0' and redis.call('HGET', KEYS[1], 'u') or false}
`,
)
