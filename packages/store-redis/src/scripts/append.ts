import { writeScript } from './script.ts'

/**
 * Appends messages and nothing else: the lean form of `commit`, which it leaves all that is out of the ordinary to. No
 * closures here, as few keys, commands and texts as may be: each is a part of what an append costs. Times are compared
 * as texts of thirteen digits, and come without one that is not.
 *
 * KEYS  1 record, 2 messages, 3 counter, 4 updated; where the end moves also 5 all, 6 due, 7 expires, 8 metadata,
 *       9 context, 10 context keys
 * ARGV  1 session id, then for each message: id, its element behind the version, with its createdAt before that where the
 *       caller gives one; then, with all ten keys or conditions: `grace version lastSeq createdAt owner` (`-` for none;
 *       owner: `` not asked, `-` nobody, `+ID`)
 * answers  the record's packed field, which is less to put together and to take apart than many values;
 *          {'K', that field, now, dropped, user id where the index is away} where there is more to tell;
 *          {'N'} absent, {'E'} expired, {'KEYS'} the end moves: all ten are needed, {'CHECK'} for `commit` to judge: an id
 *          that is there, a condition that missed, closed, over the cap, another schema
 */
export const APPEND = writeScript(
  'append',
  String.raw`
local OWNER = '^ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (.+)$'
local call, format = redis.call, string.format
local added = math.floor((#ARGV - 1) / 2)
local found
if added == 1 then found = call('HMGET', KEYS[1], '', ARGV[2])
else
  local fields = {''}
  for m = 1, added do fields[m + 1] = ARGV[2 * m] end
  found = call('HMGET', KEYS[1], unpack(fields))
end
local h = found[1]
if not h then return {'N'} end
local head, version, seq, count, updated, rest, expires, state, tag, home =
  string.match(h, '^(1 %S+ )(%d+) (%d+) (%d+) (%d+)( (%S+) (%d %S+ %d) (%S+) (%S) .+)$')
if not head or #updated ~= 13 or (#expires ~= 13 and expires ~= '-') then return {'CHECK'} end
local sliding, max, active = '0', '-', '1'
if state ~= '0 - 1' then sliding, max, active = string.match(state, '^(%d) (%S+) (%d)$') end
local terms = ARGV[2 + 2 * added]
local grace, v, s, c, owner
if terms then
  grace, v, s, c, owner = string.match(terms, '^(%S+) (%S+) (%S+) (%S+) (.*)$')
  if owner ~= '' and owner ~= string.match(rest, OWNER) then return {'N'} end
end
local time = call('TIME')
local now = time[1] .. (#time[2] == 6 and string.sub(time[2], 1, 3) or format('%03d', time[2] / 1000))
local later
if expires ~= '-' then
  if now >= expires then return {'E'} end
  if sliding == '1' then
    if not KEYS[5] then return {'KEYS'} end
    later = format('%.0f', now + (tonumber(string.match(rest, '^ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%S+)')) or 0))
    if #later ~= 13 then return {'CHECK'} end
  end
end
if terms and ((v ~= '-' and v ~= version) or (s ~= '-' and s ~= seq) or (c ~= '-' and '1 ' .. c .. ' ' ~= head)) then return {'CHECK'} end
if active == '0' then return {'CHECK'} end
for m = 1, added do
  if found[1 + m] then return {'CHECK'} end
end
version, seq, count = tonumber(version), tonumber(seq), tonumber(count)
-- Written by %d, which is quicker than %.0f and knows no more than a C long, of 32 bits on some servers.
if version > 2000000000 or seq > 2000000000 then return {'CHECK'} end
local dropped = 0
if max ~= '-' and count + added > tonumber(max) then
  max = tonumber(max)
  if string.match(rest, '^ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%a)') == 'r' or added > max or count + added - max > 1000 then return {'CHECK'} end
  dropped = count + added - max
end

local last = format('%d', seq + added)
version = format('%d', version + 1)
for m = 1, added do
  local at, createdAt, element = m == added and last or format('%d', seq + m), now, ARGV[1 + 2 * m]
  if string.byte(element) ~= 44 then createdAt, element = string.match(element, '^(%-?%d+)(.+)$') end
  element = '[' .. at .. ',' .. createdAt .. ',' .. version .. element
  -- The first in the place of the record, which goes behind the last.
  if m == 1 then call('LSET', KEYS[2], '-1', element) else call('RPUSH', KEYS[2], element) end
  if m < added then call('HSET', KEYS[1], ARGV[2 * m], at) end
end
if dropped > 0 then
  for _, element in ipairs(call('LRANGE', KEYS[2], 0, dropped - 1)) do
    local after = string.match(element, '^%[%d+,%-?%d+,%d+,[^,]+,"?[%w+/=_~-]*"?,([^\n]*)\n')
    call('HDEL', KEYS[1], string.match(after, '^"([^"\\]*)",') or cjson.decode('[' .. after .. '0]')[1])
  end
  call('LTRIM', KEYS[2], dropped, -1)
  local first = string.match(call('LINDEX', KEYS[2], 0), '^%[(%d+)')
  rest = string.gsub(rest, '^( %S+ %S+ %S+ %S+ %S+ %S+ )%d+', '%1' .. first)
end
local grown = added - dropped
if grown ~= 0 then call('INCRBY', KEYS[3], grown == 1 and '1' or grown) end

if now > updated then
  if home == '1' then
    -- The new one first: an index without members is gone, and its end with it.
    call('ZADD', KEYS[4], '0', tag .. ':' .. now .. ':' .. ARGV[1])
    call('ZREM', KEYS[4], tag .. ':' .. updated .. ':' .. ARGV[1])
  end
  updated = now
end
if later and later > expires then
  call('ZADD', KEYS[6], later, ARGV[1])
  if home == '1' then
    call('ZADD', KEYS[7], '0', tag .. ':' .. later .. ':' .. ARGV[1])
    call('ZREM', KEYS[7], tag .. ':' .. expires .. ':' .. ARGV[1])
  end
  rest = ' ' .. later .. string.match(rest, '^ %S+(.+)$')
  local gone = format('%.0f', later + grace)
  for k = 1, 10 do
    if k < 3 or k > 7 then call('PEXPIREAT', KEYS[k], gone) end
  end
  local left = call('PTTL', KEYS[6])
  if left ~= -1 and now + left < later + grace then
    gone = format('%.0f', later + grace + 600000)
    for k = 3, 7 do call('PEXPIREAT', KEYS[k], gone) end
  end
end

h = head .. version .. ' ' .. last .. ' ' .. format('%d', count + grown) .. ' ' .. updated .. rest
call('HSET', KEYS[1], '', h, ARGV[2 * added], last)
call('RPUSH', KEYS[2], h)
if dropped == 0 and updated == now and home ~= '0' then return h end
return {'K', h, now, dropped, home == '0' and string.sub(string.match(rest, OWNER), 2)}
`,
)
