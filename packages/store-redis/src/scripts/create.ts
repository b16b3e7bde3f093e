import { CLOCK, INDEX, KEEP_SHARD, RECORD, WHOLE } from './parts.ts'
import { writeScript } from './script.ts'

/**
 * Writes a new session with its first messages and context, over an expired one where there is one.
 *
 * KEYS  1 record, 2 messages, 3 ids, 4 context, 5 context keys, 6 all, 7 due, 8 counters, 9 updated, 10 expires
 * ARGV  1 JSON `{ id, user?, ttl?, cold: [before createdAt, after it], tag, home, bytes, grace, token, messages, entries, fields, stamp? }`,
 *       then for each message: id, createdAt or ``, its element up to createdAt, and from there on;
 *       for each context entry: key, JSON text; for each pair of metadata: key, JSON text
 * answers  {'K', hot part and createdAt, now, user id and createdAt of an expired session whose index is away}
 *          {'X', user id of the one that there is}, {'SCHEMA'}
 */
export const CREATE = writeScript(
  'create',
  `
local q = cjson.decode(ARGV[1])
local h = redis.call('HGET', KEYS[1], 'h')
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
    if redis.call('HGET', KEYS[1], 't') == q.token then
      return {'K', string.match(h, '^1 (%S+ %S+ %S+ %S+ %S+ %S+ %S+)') .. ' ' .. created, whole(now), false, false}
    end
    return {'X', redis.call('HGET', KEYS[1], 'u')}
  end
  if home == '1' then
    redis.call('ZREM', KEYS[9], tag .. ':' .. digits(updated) .. ':' .. q.id)
    redis.call('ZREM', KEYS[10], tag .. ':' .. digits(expires) .. ':' .. q.id)
  elseif home == '0' then
    formerUser, formerCreated = redis.call('HGET', KEYS[1], 'u'), created
  end
  if count > 0 then redis.call('HINCRBY', KEYS[8], 'm', -count) end
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
  redis.call('HSET', KEYS[3], ARGV[a], at)
  if m == 1 then oldest = tonumber(at) end
  a = a + 4
end
for _ = 1, q.entries do
  redis.call('HSET', KEYS[4], ARGV[a], ARGV[a + 1])
  redis.call('ZADD', KEYS[5], 0, ARGV[a])
  a = a + 2
end
for _ = 1, q.fields do
  redis.call('HSET', KEYS[1], 'm:' .. ARGV[a], ARGV[a + 1])
  a = a + 2
end
if q.user then redis.call('HSET', KEYS[1], 'u', q.user) end
local hot = whole(s.version or 1) .. ' ' .. whole(newest) .. ' ' .. q.messages .. ' ' .. whole(oldest) .. ' ' .. whole(touched) .. ' ' .. whole(ends) .. ' ' .. q.bytes
redis.call('HSET', KEYS[1], 'h', '1 ' .. hot .. ' ' .. q.cold[1] .. ' ' .. whole(born) .. ' ' .. q.cold[2], 't', q.token)

redis.call('ZADD', KEYS[6], whole(born), q.id)
if ends then redis.call('ZADD', KEYS[7], whole(ends), q.id) else redis.call('ZREM', KEYS[7], q.id) end
if q.messages > 0 then redis.call('HINCRBY', KEYS[8], 'm', q.messages) end
if q.home == '1' then
  redis.call('ZADD', KEYS[9], 0, q.tag .. ':' .. digits(touched) .. ':' .. q.id)
  redis.call('ZADD', KEYS[10], 0, q.tag .. ':' .. digits(ends) .. ':' .. q.id)
end
if redis.call('HGET', KEYS[8], 'm') == '0' then redis.call('HDEL', KEYS[8], 'm') end
if ends then
  for k = 1, 5 do redis.call('PEXPIREAT', KEYS[k], whole(ends + q.grace)) end
end
keepShard(6, q.grace)
return {'K', hot .. ' ' .. whole(born), whole(now), formerUser, formerCreated}
`,
)
