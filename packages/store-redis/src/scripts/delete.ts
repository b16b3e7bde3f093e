import { CLOCK, INDEX, KEEP_SHARD, RECORD, WHOLE } from './parts.ts'
import { writeScript } from './script.ts'

/**
 * Deletes a session; in a sweep only one that is still expired.
 *
 * KEYS  1 record, 2 messages, 3 metadata, 4 context, 5 context keys, 6 all, 7 due, 8 counter, 9 updated, 10 expires
 * ARGV  1 session id, 2 grace in ms, 3 `1` in a sweep, 4 conditions `version lastSeq createdAt` (`-` for none),
 *       5 owner as in `append`
 * answers  {'K', user id and createdAt where the index is away}, {'N'} none or another owner's, {'A'} alive (in a
 *          sweep), {'D'} only index entries were left of it, {'C', version, lastSeq, createdAt}, {'SCHEMA'}
 */
export const DELETE = writeScript(
  'delete',
  `
local h = redis.call('HGET', KEYS[1], '')
`,
  CLOCK,
  WHOLE,
  INDEX,
  RECORD,
  KEEP_SHARD,
  `
local id, grace = ARGV[1], tonumber(ARGV[2])
if not h then
  -- The server dropped it at the end of its grace.
  local left = redis.call('ZREM', KEYS[6], id) + redis.call('ZREM', KEYS[7], id)
  if left == 0 then return {'N'} end
  if redis.call('EXISTS', KEYS[6]) == 0 then redis.call('UNLINK', KEYS[8]) end
  if ARGV[3] == '1' then return {'D'} end
  return {'N'}
end
if ARGV[3] == '1' and (not expires or now < expires) then return {'A'} end
if ARGV[5] ~= '' and owner ~= ARGV[5] then return {'N'} end
if ARGV[4] ~= '- - -' then
  local v, s, c = string.match(ARGV[4], '^(%S+) (%S+) (%S+)$')
  if (v ~= '-' and tonumber(v) ~= version) or (s ~= '-' and tonumber(s) ~= seq) or (c ~= '-' and c ~= created) then
    return {'C', whole(version), whole(seq), created}
  end
end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('ZREM', KEYS[6], id)
redis.call('ZREM', KEYS[7], id)
if redis.call('EXISTS', KEYS[6]) == 0 then redis.call('UNLINK', KEYS[8]) else redis.call('DECRBY', KEYS[8], count) end
if home == '1' then
  redis.call('ZREM', KEYS[9], tag .. ':' .. digits(updated) .. ':' .. id)
  redis.call('ZREM', KEYS[10], tag .. ':' .. digits(expires) .. ':' .. id)
end
if not expires then keepShard(6, grace) end
return {'K', home == '0' and user or false, created}
`,
)
