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
 * Sessions of shards in their order, each shard's in the order of creation, past one of the first shard. A cluster takes
 * one shard a call, any other server many.
 *
 * KEYS  all, of each shard
 * ARGV  1 createdAt and 2 id of the session to go on after, or two ``; 3 limit
 * answers  {now, which key, id, createdAt, …}
 */
export const WALK_PAGE = script(
  'walk-page',
  CLOCK,
  WHOLE,
  `
local limit = tonumber(ARGV[3])
local found = {}
local function page(k, start)
  local some = redis.call('ZRANGE', KEYS[k], start, start + limit - #found / 3 - 1, 'WITHSCORES')
  for i = 1, #some, 2 do
    found[#found + 1] = k
    found[#found + 1] = some[i]
    found[#found + 1] = some[i + 1]
  end
end
for k = 1, #KEYS do
  if #found / 3 >= limit then break end
  if k > 1 or ARGV[2] == '' then page(k, 0)
  else
    local former = redis.call('ZSCORE', KEYS[1], ARGV[2])
    if former and tonumber(former) == tonumber(ARGV[1]) then page(1, redis.call('ZRANK', KEYS[1], ARGV[2]) + 1)
    else
      -- It is gone. Put back for a moment, it tells its place among those of the same time.
      redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
      page(1, redis.call('ZRANK', KEYS[1], ARGV[2]) + 1)
      if former then redis.call('ZADD', KEYS[1], former, ARGV[2]) else redis.call('ZREM', KEYS[1], ARGV[2]) end
    end
  end
end
return {whole(now), found}
`,
)

/**
 * What of shards has expired.
 *
 * KEYS  due, of each shard
 * ARGV  1 limit
 * answers  ids
 */
export const DUE = script(
  'due',
  CLOCK,
  WHOLE,
  `
local found = {}
for k = 1, #KEYS do
  if #found >= tonumber(ARGV[1]) then break end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[k], '-inf', whole(now), 'LIMIT', 0, ARGV[1] - #found)) do
    found[#found + 1] = id
  end
end
return found
`,
)

/**
 * Counts over shards.
 *
 * KEYS  all, due, counter, of each shard
 * answers  {sessions, expired, messages, oldest createdAt, newest createdAt}, or {0}
 */
export const STATS = script(
  'stats',
  CLOCK,
  WHOLE,
  `
local sessions, expired, messages = 0, 0, 0
local oldest, newest
for k = 1, #KEYS, 3 do
  local size = redis.call('ZCARD', KEYS[k])
  if size > 0 then
    sessions = sessions + size
    expired = expired + redis.call('ZCOUNT', KEYS[k + 1], '-inf', whole(now))
    messages = messages + (redis.call('GET', KEYS[k + 2]) or 0)
    local first = tonumber(redis.call('ZRANGE', KEYS[k], 0, 0, 'WITHSCORES')[2])
    local last = tonumber(redis.call('ZREVRANGE', KEYS[k], 0, 0, 'WITHSCORES')[2])
    oldest = math.min(first, oldest or first)
    newest = math.max(last, newest or last)
  end
end
if sessions == 0 then return {0} end
return {sessions, expired, messages, whole(oldest), whole(newest)}
`,
)
