import { CLOCK, FIND, SLICE } from './parts.ts'
import { script } from './script.ts'

/**
 * One consistent snapshot of what is wanted of a session.
 *
 * KEYS  1 record, 2 messages, 3 metadata, 4 context, 5 context keys
 * ARGV  1 owner as in `append`, 2 messages: `` or one of `last N`, `after SEQ LIMIT`, `before SEQ LIMIT`,
 *       `offset N LIMIT`, `ids N`; 3 context: `` or one of `all`, `keys N`, `page LIMIT REVERSE KEYS_ONLY RANGES`;
 *       4 how many reserved keys; then the ids, the keys or the ranges (least, greatest), the reserved keys
 * answers  {'K', the record's packed field, metadata, messages, context keys and values, reserved keys and values, the
 *          server's time in s}
 *          {'N'} absent, {'E'} expired, {'SCHEMA'}
 */
export const LOAD = script(
  'load',
  `
local h = redis.call('HGET', KEYS[1], '')
if not h then return {'N'} end
-- Of the record what is asked for here, since pages are read often.
local seq, count, expires, first, metadata, owner =
  string.match(h, '^1 %S+ %d+ (%d+) (%d+) %S+ (%S+) %d %S+ %d %S+ %S (%d+) %d+ %S+ %a (%d+) %S+ (.+)$')
if not seq then return {'SCHEMA'} end
if ARGV[1] ~= '' and owner ~= ARGV[1] then return {'N'} end
seq, count, first, expires = tonumber(seq), tonumber(count), tonumber(first), tonumber(expires)
`,
  CLOCK,
  FIND,
  SLICE,
  `
if expires and now >= expires then return {'E'} end
local a = 5
local messages = {}
local form, x, y = string.match(ARGV[2], '^(%a+) (%d+) ?(%d*)$')
x, y = tonumber(x), tonumber(y)
if form == 'last' then messages = slice(count - x, count, true)
elseif form == 'after' then
  local from = indexOf(x + 1)
  messages = slice(from, math.min(count, from + y))
elseif form == 'before' then
  local to = indexOf(x)
  messages = slice(to - y, to, true)
elseif form == 'offset' then messages = slice(x, math.min(count, x + y))
elseif form == 'ids' then
  local seqs, met = {}, {}
  for _ = 1, x do
    local s = tonumber(redis.call('HGET', KEYS[1], ARGV[a]))
    if s and not met[s] then met[s] = true; seqs[#seqs + 1] = s end
    a = a + 1
  end
  table.sort(seqs)
  local bytes = 0
  for _, s in ipairs(seqs) do
    local element = redis.call('LINDEX', KEYS[2], indexOf(s))
    bytes = bytes + #element
    if bytes > 8388608 and #messages > 0 then break end
    messages[#messages + 1] = element
  end
end

local function named(n)
  local found = {}
  for _ = 1, n do
    local value = redis.call('HGET', KEYS[4], ARGV[a])
    if value then found[#found + 1] = ARGV[a]; found[#found + 1] = value end
    a = a + 1
  end
  return found
end
local entries = {}
local of, n = string.match(ARGV[3], '^(%a+) ?(%d*)')
if of == 'all' then entries = redis.call('HGETALL', KEYS[4])
elseif of == 'keys' then entries = named(tonumber(n))
elseif of == 'page' then
  local limit, reverse, keysOnly, ranges = string.match(ARGV[3], '^page (%d+) (%d) (%d) (%d)$')
  limit = tonumber(limit)
  local bytes = 0
  for _ = 1, tonumber(ranges) do
    local wanted = limit - #entries / 2
    if wanted > 0 then
      local keys
      if reverse == '1' then keys = redis.call('ZREVRANGEBYLEX', KEYS[5], ARGV[a + 1], ARGV[a], 'LIMIT', 0, wanted)
      else keys = redis.call('ZRANGEBYLEX', KEYS[5], ARGV[a], ARGV[a + 1], 'LIMIT', 0, wanted) end
      for _, key in ipairs(keys) do
        local value = keysOnly == '1' and 'null' or redis.call('HGET', KEYS[4], key)
        bytes = bytes + #key + #value
        if bytes > 8388608 and #entries > 0 then limit = 0 break end
        entries[#entries + 1] = key
        entries[#entries + 1] = value
      end
    end
    a = a + 2
  end
end
return {'K', h, metadata == '0' and {} or redis.call('HGETALL', KEYS[3]), messages, entries, named(tonumber(ARGV[4])), time[1]}
`,
)
