import { CLOCK, FIND, ID_OF, INDEX, KEEP_SHARD, MOVE, RECORD, SLICE, WHOLE } from './parts.ts'
import { writeScript } from './script.ts'

/**
 * Judges any change of a session and applies it, wholly or not at all.
 *
 * KEYS  1 record, 2 messages, 3 metadata, 4 context, 5 context keys, 6 all, 7 due, 8 counter, 9 updated, 10 expires
 * ARGV  1 JSON:
 *         id, grace, contextLimit, metadataLimit
 *         if?: { version, lastSeq, createdAt, owner as in append, absent, present }
 *         cut?: [form, number], unset?: [keys], under?: [[least, greatest]…], stamp?: { version, lastSeq, updatedAt, expiresAt? }
 *         append, amend, set, fields: how many of each follow; answer: whether the metadata is wanted back
 *         patch?: { ttl?, sliding?, max?, overflow?, active?, user?, tag?, home?, any: whether it names anything but metadata and lifetime, life }
 *       for each message: id, `"id","role",`, createdAt or ``, seq or ``, version or ``, amendedAt or `null`, digest or 0, last two lines
 *       for each amendment: id, content or ``, metadata or ``, digest or 0
 *       for each entry: key, JSON text; for each pair of metadata: key, JSON text or `` to remove it
 * answers  {'K', the record's packed field, now, dropped, taken, `1` where anything was changed, user id where the index is away,
 *             that of before where it was away, removed, amended, metadata}
 *          {'R', the packed field, metadata, elements…}
 *          {'C', version, lastSeq, createdAt, present, missing, messages}
 *          {'N'}, {'E'}, {'SCHEMA'}, {'F'} closed, {'M', id} no such message, {'L', added, count} cap, {'O'} removes too
 *          many, {'B', bytes} context, {'D', bytes} metadata
 */
export const COMMIT = writeScript(
  'commit',
  `
local q = cjson.decode(ARGV[1])
local h = redis.call('HGET', KEYS[1], '')
if not h then return {'N'} end
`,
  RECORD,
  `
local cond = q['if'] or {}
if cond.owner and cond.owner ~= owner then return {'N'} end
`,
  CLOCK,
  WHOLE,
  INDEX,
  FIND,
  SLICE,
  ID_OF,
  MOVE,
  KEEP_SHARD,
  String.raw`
if expires and now >= expires then return {'E'} end
local function element(id)
  local s = tonumber(redis.call('HGET', KEYS[1], id))
  if not s then return nil end
  local i = indexOf(s)
  return redis.call('LINDEX', KEYS[2], i), s, i
end
local function details() return q.answer and redis.call('HGETALL', KEYS[3]) or {} end
local function conflict(messages)
  local present, missing = {}, {}
  for _, key in ipairs(cond.absent or {}) do
    if redis.call('HEXISTS', KEYS[4], key) == 1 then present[#present + 1] = key end
  end
  for _, key in ipairs(cond.present or {}) do
    if redis.call('HEXISTS', KEYS[4], key) == 0 then missing[#missing + 1] = key end
  end
  local missed = (cond.version and cond.version ~= version) or (cond.lastSeq and cond.lastSeq ~= seq) or
    (cond.createdAt and cond.createdAt ~= tonumber(created)) or #present + #missing > 0
  if missed or messages then return {'C', whole(version), whole(seq), created, present, missing, messages or {}} end
end

-- Repeats
local a = 2
local known, equal, bytes = {}, true, 0
for m = 1, q.append do
  local b = a + 8 * (m - 1)
  local stored = element(ARGV[b])
  if stored then
    local digest, rest, body = string.match(stored, '^%[%d+,%-?%d+,%d+,[^,]+,("?[%w+/=_~-]*"?),([^\n]*)\n(.*)$')
    local same = rest == ARGV[b + 1]
    if digest ~= '0' and ARGV[b + 6] ~= '0' then same = same and digest == ARGV[b + 6]
    else same = same and body == ARGV[b + 7] end
    equal = equal and same
    bytes = bytes + #stored
    if bytes <= 8388608 or #known == 0 or equal then known[#known + 1] = stored end
  end
end
if #known > 0 then
  if equal and #known == q.append then return {'R', h, details(), unpack(known)} end
  return conflict(known)
end
local missed = conflict()
if missed then return missed end
local stamp = q.stamp
if q.append > 0 and active == '0' and not stamp then return {'F'} end

-- The cut
local from, to = 0, 0
local tail, all = false, false
if q.cut then
  local form, n = q.cut[1], q.cut[2]
  if form == 'afterSeq' then from, to, tail, all = indexOf(n + 1), count, true, n == 0
  elseif form == 'newest' then from, to, tail = math.max(0, count - n), count, true
  elseif form == 'beforeSeq' then to = indexOf(n)
  else to = math.min(count, n) end
end
local taken = to - from

-- Amendments
a = a + 8 * q.append
local amendments = {}
for m = 1, q.amend do
  local b = a + 4 * (m - 1)
  local stored, s, i = element(ARGV[b])
  if not stored or (i >= from and i < to) then return {'M', ARGV[b]} end
  amendments[m] = {stored, i, ARGV[b + 1], ARGV[b + 2], ARGV[b + 3]}
end

-- Cap and limits
local dropped = 0
local kept = count - taken
max = tonumber(max)
if q.append > 0 and max and not stamp and kept + q.append > max then
  if overflow == 'r' or q.append > max then return {'L', q.append, whole(kept)} end
  dropped = kept + q.append - max
end
if stamp then dropped = math.min(stamp.dropped or 0, kept + q.append) end
if (all and 0 or taken) + dropped > 1000 then return {'O'} end

local unset, gone = {}, {}
local size = context
local function remove(key)
  if gone[key] then return end
  local length = redis.call('HSTRLEN', KEYS[4], key)
  if length == 0 then return end
  gone[key] = true
  unset[#unset + 1] = key
  size = size - #key - length
end
for _, key in ipairs(q.unset or {}) do remove(key) end
for _, range in ipairs(q.under or {}) do
  for _, key in ipairs(redis.call('ZRANGEBYLEX', KEYS[5], range[1], range[2])) do remove(key) end
end
a = a + 4 * q.amend
for m = 1, q.set do
  local key, value = ARGV[a + 2 * (m - 1)], ARGV[a + 2 * (m - 1) + 1]
  local length = gone[key] and 0 or redis.call('HSTRLEN', KEYS[4], key)
  size = size + #value - length + (length == 0 and #key or 0)
end
if not stamp and size > q.contextLimit and size > context then return {'B', whole(size)} end

local patch = q.patch or {}
local b = a + 2 * q.set
local pairs, weight = 0, tonumber(metadata)
for m = 1, q.fields do
  local key, value = ARGV[b + 2 * (m - 1)], ARGV[b + 2 * (m - 1) + 1]
  local length = redis.call('HSTRLEN', KEYS[3], key)
  if value ~= '' then
    weight = weight + #value - length + (length == 0 and #key or 0)
    pairs = pairs + 1
  elseif length > 0 then
    weight = weight - #key - length
    pairs = pairs + 1
  end
end

local moved = taken + dropped + #amendments + q.append + #unset + q.set > 0
if not moved and pairs == 0 and not patch.any and not patch.life and not stamp then
  return {'K', h, whole(now), 0, '0', '0', false, false, {}, {}, details()}
end
if q.fields > 0 and not stamp and weight > q.metadataLimit and weight > tonumber(metadata) then return {'D', whole(weight)} end

-- The record to be
local base = seq + ((tail and taken > 0) and 1 or 0)
local before = {updated = updated, expires = expires, home = home, tag = tag, user = user, count = count}
local newest = base + q.append
local touched = updated
if moved or pairs > 0 or patch.any then touched = math.max(now, updated) end
if patch.ttl then ttl = patch.ttl end
if patch.sliding then sliding = patch.sliding end
if patch.max then max = patch.max else max = max and whole(max) or '-' end
overflow, active = patch.overflow or overflow, patch.active or active
if patch.tag then tag, home, user = patch.tag, patch.home, patch.user or false end
local lives = tonumber(ttl)
local ends = expires
if patch.ttl then ends = lives and now + lives or nil
elseif sliding == '1' and lives and expires then ends = math.max(expires, now + lives) end
local rank = version + 1
if stamp then
  if stamp.version <= version or stamp.lastSeq < newest or stamp.updatedAt < updated then return conflict({}) end
  for m = 1, q.append do
    if tonumber(ARGV[2 + 8 * (m - 1) + 3]) <= seq then return conflict({}) end
  end
  rank, newest, touched, ends = stamp.version, stamp.lastSeq, stamp.updatedAt, stamp.expiresAt
end

if redis.call('LLEN', KEYS[2]) ~= before.count + 1 then return redis.error_reply('ERR messages are not as the record has them') end

-- Nothing is refused from here on
local removed = {}
-- Whether the list ends with the record, in whose place the next element goes.
local ended = true
local function push(element)
  if ended then redis.call('LSET', KEYS[2], -1, element) else redis.call('RPUSH', KEYS[2], element) end
  ended = false
end
if all then
  redis.call('UNLINK', KEYS[1], KEYS[2])
  -- The ids go with it; the session is never without a record, whatever fails below.
  redis.call('HSET', KEYS[1], '', h)
  redis.call('RPUSH', KEYS[2], h)
elseif taken > 0 then
  for i = from, to - 1, 100 do
    for _, one in ipairs(redis.call('LRANGE', KEYS[2], i, math.min(i + 99, to - 1))) do redis.call('HDEL', KEYS[1], idOf(one)) end
  end
  removed = slice(from, to, true)
  if from == 0 then redis.call('LTRIM', KEYS[2], to, -1)
  else
    redis.call('LTRIM', KEYS[2], 0, from - 1)
    ended = false
  end
end
local shift = from == 0 and taken or 0
local amended = {}
for m, one in ipairs(amendments) do
  local s, createdAt, digest, rest, content, meta = string.match(one[1], '^%[(%d+),(%-?%d+),%d+,[^,]+,("?[%w+/=_~-]*"?),([^\n]*)\n([^\n]*),\n([^\n]*)%]$')
  if one[3] ~= '' then content = one[3] end
  if one[4] ~= '' then meta = one[4] end
  amended[m] = '[' .. s .. ',' .. createdAt .. ',' .. whole(rank) .. ',' .. whole(touched) .. ',' .. one[5] .. ',' .. rest .. '\n' .. content .. ',\n' .. meta .. ']'
  redis.call('LSET', KEYS[2], one[2] - shift, amended[m])
end
for m = 1, q.append do
  local p = 2 + 8 * (m - 1)
  local s = ARGV[p + 3] ~= '' and ARGV[p + 3] or whole(base + m)
  local createdAt = ARGV[p + 2] ~= '' and ARGV[p + 2] or whole(now)
  local of = ARGV[p + 4] ~= '' and ARGV[p + 4] or whole(rank)
  push('[' .. s .. ',' .. createdAt .. ',' .. of .. ',' .. ARGV[p + 5] .. ',' .. ARGV[p + 6] .. ',' .. ARGV[p + 1] .. '\n' .. ARGV[p + 7])
  redis.call('HSET', KEYS[1], ARGV[p], s)
end
for i = 0, dropped - 1, 100 do
  for _, one in ipairs(redis.call('LRANGE', KEYS[2], i, math.min(i + 99, dropped - 1))) do redis.call('HDEL', KEYS[1], idOf(one)) end
end
if dropped > 0 then redis.call('LTRIM', KEYS[2], dropped, -1) end
for _, key in ipairs(unset) do
  redis.call('HDEL', KEYS[4], key)
  redis.call('ZREM', KEYS[5], key)
end
for m = 1, q.set do
  local key, value = ARGV[a + 2 * (m - 1)], ARGV[a + 2 * (m - 1) + 1]
  redis.call('HSET', KEYS[4], key, value)
  redis.call('ZADD', KEYS[5], 0, key)
end
for m = 1, q.fields do
  local key, value = ARGV[b + 2 * (m - 1)], ARGV[b + 2 * (m - 1) + 1]
  if value == '' then redis.call('HDEL', KEYS[3], key) else redis.call('HSET', KEYS[3], key, value) end
end

count = kept + q.append - dropped
if taken + dropped > 0 or before.count == 0 then
  local head = redis.call('LINDEX', KEYS[2], 0)
  first = head and tonumber(string.match(head, '^%[(%d+)')) or newest + 1
end
version, seq, updated, expires, context = rank, newest, touched, ends, size
h = '1 ' .. created .. ' ' .. whole(version) .. ' ' .. whole(seq) .. ' ' .. whole(count) .. ' ' .. whole(updated) .. ' ' .. whole(expires) .. ' ' ..
  sliding .. ' ' .. max .. ' ' .. active .. ' ' .. tag .. ' ' .. home .. ' ' .. whole(first) .. ' ' .. whole(context) .. ' ' .. ttl .. ' ' .. overflow .. ' ' .. whole(weight) .. ' ' .. token .. ' ' .. (user and '+' .. user or '-')
redis.call('HSET', KEYS[1], '', h)
push(h)

-- Indexes and the ends of keys
local id = q.id
if count ~= before.count then redis.call('INCRBY', KEYS[8], count - before.count) end
local same = before.home == home and before.tag == tag
local function member(home, tag, ms) return home == '1' and tag .. ':' .. digits(ms) .. ':' .. id end
move(9, member(before.home, before.tag, before.updated), member(home, tag, updated))
move(10, member(before.home, before.tag, before.expires), member(home, tag, expires))
if expires ~= before.expires then
  if expires then redis.call('ZADD', KEYS[7], whole(expires), id) else redis.call('ZREM', KEYS[7], id) end
end
for k = 1, 5 do
  if expires and (expires ~= before.expires or redis.call('PTTL', KEYS[k]) == -1) then redis.call('PEXPIREAT', KEYS[k], whole(expires + q.grace))
  elseif not expires and before.expires then redis.call('PERSIST', KEYS[k]) end
end
if expires ~= before.expires or not same then keepShard(6, q.grace) end
return {'K', h, whole(now), dropped, whole(taken), '1', home == '0' and user or false,
  before.home == '0' and before.user or false, removed, amended, details()}
`,
)
