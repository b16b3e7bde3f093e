import { CLOCK, INDEX, WHOLE } from './parts.ts'
import { script } from './script.ts'

/**
 * A user's index, newest first, past a member.
 *
 * KEYS  1 updated
 * ARGV  1 tag, 2 the member to go on after or ``, 3 offset, 4 limit
 * answers  {now, members…}
 */
export const USER_PAGE = script(
  'user-page',
  CLOCK,
  WHOLE,
  `
local from = ARGV[2] == '' and '(' .. ARGV[1] .. ';' or '(' .. ARGV[2]
local members = redis.call('ZREVRANGEBYLEX', KEYS[1], from, '(' .. ARGV[1] .. ':', 'LIMIT', ARGV[3], ARGV[4])
return {whole(now), members}
`,
)

/**
 * How many of a user's sessions live.
 *
 * KEYS  1 expires
 * ARGV  1 tag
 */
export const COUNT = script(
  'count',
  CLOCK,
  INDEX,
  `return redis.call('ZLEXCOUNT', KEYS[1], '[' .. ARGV[1] .. ':' .. digits(now + 1), '(' .. ARGV[1] .. ';')`,
)

/**
 * A shard's sessions in the order of their creation, past one.
 *
 * KEYS  1 all
 * ARGV  1 createdAt and 2 id of the session to go on after, or two ``; 3 limit
 * answers  {now, id, createdAt, …}
 */
export const WALK_PAGE = script(
  'walk-page',
  CLOCK,
  WHOLE,
  `
local start = 0
if ARGV[2] ~= '' then
  local rank = redis.call('ZRANK', KEYS[1], ARGV[2])
  if rank and tonumber(redis.call('ZSCORE', KEYS[1], ARGV[2])) == tonumber(ARGV[1]) then start = rank + 1
  else
    -- It is gone. Put back for a moment, it tells its place among those of the same time.
    local former = redis.call('ZSCORE', KEYS[1], ARGV[2])
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
    start = redis.call('ZRANK', KEYS[1], ARGV[2])
    local page = redis.call('ZRANGE', KEYS[1], start + 1, start + tonumber(ARGV[3]), 'WITHSCORES')
    if former then redis.call('ZADD', KEYS[1], former, ARGV[2]) else redis.call('ZREM', KEYS[1], ARGV[2]) end
    return {whole(now), page}
  end
end
return {whole(now), redis.call('ZRANGE', KEYS[1], start, start + tonumber(ARGV[3]) - 1, 'WITHSCORES')}
`,
)

/**
 * What of a shard has expired.
 *
 * KEYS  1 due
 * ARGV  1 limit
 * answers  ids
 */
export const DUE = script(
  'due',
  CLOCK,
  WHOLE,
  `return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', whole(now), 'LIMIT', 0, ARGV[1])`,
)

/**
 * A shard's counts.
 *
 * KEYS  1 all, 2 due, 3 counters
 * answers  {sessions, expired, messages, oldest createdAt, newest createdAt}
 */
export const STATS = script(
  'stats',
  CLOCK,
  WHOLE,
  `
local sessions = redis.call('ZCARD', KEYS[1])
if sessions == 0 then return {0} end
return {sessions, redis.call('ZCOUNT', KEYS[2], '-inf', whole(now)), redis.call('HGET', KEYS[3], 'm') or '0',
  redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2], redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]}
`,
)
