import { CLOCK, INDEX, KEEP_SHARD, RECORD, WHOLE } from './parts.ts'
import { writeScript } from './script.ts'

/**
 * Writes a new session with its first messages and context, over an expired one where there is one.
 *
 * KEYS  1 record, 2 messages, 3 metadata, 4 context, 5 context keys, 6 all, 7 due, 8 counter, 9 updated, 10 expires
 * ARGV  1 JSON `{ id, ttl?, state: sliding to home, rest: ttlMs to owner, tag, home, bytes, grace, token, messages, entries, fields, stamp? }`,
 *       then for each message: id, createdAt or ``, its element up to createdAt, and from there on;
 *       for each context entry: key, JSON text; for each pair of metadata: key, JSON text
 * answers  {'K', the record's packed field, user id and createdAt of an expired session whose index is away}
 *          {'X', user id of the one that there is}, {'SCHEMA'}
 */
export const CREATE = writeScript(
  'create',
  `
local q = cjson.decode(ARGV[1])
local h = redis.call('HGET', KEYS[1], '')
`,
  CLOCK,
  WHOLE,
  INDEX,
  RECORD,
  KEEP_SHARD,
  `
local formerUser, formerCreated = false, false
if h then
  if not expires or now < expires then
    -- Ours: its answer was lost.
    if token == q.token then return {'K', h, false, false} end
    return {'X', user}
  end
  if home == '1' then
    redis.call('ZREM', KEYS[9], tag .. ':' .. digits(updated) .. ':' .. q.id)
    redis.call('ZREM', KEYS[10], tag .. ':' .. digits(expires) .. ':' .. q.id)
  elseif home == '0' then
    formerUser, formerCreated = user, created
  end
  if count > 0 then redis.call('DECRBY', KEYS[8], count) end
end
-- Not where there is none: a server without memory refuses only a script's first write.
if h then redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]) end

local s = q.stamp or {}
local born, touched = s.createdAt or now, s.updatedAt or now
local ends
if q.stamp then ends = s.expiresAt elseif q.ttl then ends = now + q.ttl end
local newest = s.lastSeq or q.messages
local oldest = newest + 1
local a = 2
for m = 1, q.messages do
  local createdAt = ARGV[a + 1]
  if createdAt == '' then createdAt = whole(now) end
  local element = ARGV[a + 2] .. createdAt .. ARGV[a + 3]
  redis.call('RPUSH', KEYS[2], element)
  local at = string.match(element, '^%[(%d+)')
  redis.call('HSET', KEYS[1], ARGV[a], at)
  if m == 1 then oldest = tonumber(at) end
  a = a + 4
end
for _ = 1, q.entries do
  redis.call('HSET', KEYS[4], ARGV[a], ARGV[a + 1])
  redis.call('ZADD', KEYS[5], 0, ARGV[a])
  a = a + 2
end
for _ = 1, q.fields do
  redis.call('HSET', KEYS[3], ARGV[a], ARGV[a + 1])
  a = a + 2
end
local packed = '1 ' .. whole(born) .. ' ' .. whole(s.version or 1) .. ' ' .. whole(newest) .. ' ' .. q.messages .. ' ' .. whole(touched) .. ' ' .. whole(ends) .. ' ' .. q.state .. ' ' .. whole(oldest) .. ' ' .. q.bytes .. ' ' .. q.rest
redis.call('HSET', KEYS[1], '', packed)
redis.call('RPUSH', KEYS[2], packed)

redis.call('ZADD', KEYS[6], whole(born), q.id)
if ends then redis.call('ZADD', KEYS[7], whole(ends), q.id) else redis.call('ZREM', KEYS[7], q.id) end
-- Also without any, so that no append has to make it and to give it an end.
redis.call('INCRBY', KEYS[8], q.messages)
if q.home == '1' then
  redis.call('ZADD', KEYS[9], 0, q.tag .. ':' .. digits(touched) .. ':' .. q.id)
  redis.call('ZADD', KEYS[10], 0, q.tag .. ':' .. digits(ends) .. ':' .. q.id)
end
if ends then
  for k = 1, 5 do redis.call('PEXPIREAT', KEYS[k], whole(ends + q.grace)) end
end
keepShard(6, q.grace)
return {'K', packed, formerUser, formerCreated}
`,
)
