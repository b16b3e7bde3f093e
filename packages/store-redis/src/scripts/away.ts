import { CLOCK, INDEX, MOVE, WHOLE } from './parts.ts'
import { script } from './script.ts'

// The index of a user's sessions that lie in another shard, which no script can reach in one step with the session.
// Entries only move forward, so that steps that come late or twice change nothing.

/**
 * Puts a session in its user's index, or moves it forward there.
 *
 * KEYS  1 updated, 2 expires, 3 away
 * ARGV  1 tag, 2 id, 3 createdAt, 4 version, 5 updatedAt or `` for now, 6 expiresAt, `-` or `+` and ms from now, 7 grace in ms
 */
export const AWAY_PUT = script(
  'away-put',
  CLOCK,
  WHOLE,
  INDEX,
  MOVE,
  `
local stored = redis.call('HGET', KEYS[3], ARGV[2])
local created, version, updated = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]) or now
local expires = tonumber(ARGV[6])
if string.sub(ARGV[6], 1, 1) == '+' then expires = now + tonumber(string.sub(ARGV[6], 2)) end
local function member(ms) return ARGV[1] .. ':' .. digits(ms) .. ':' .. ARGV[2] end
local place, due
if stored then
  local c, v, u, e = string.match(stored, '^(%S+) (%S+) (%S+) (%S+)')
  if tonumber(c) > created or (tonumber(c) == created and tonumber(v) >= version) then return 0 end
  place, due = member(tonumber(u)), member(tonumber(e))
end
move(1, place, member(updated))
move(2, due, member(expires))
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3] .. ' ' .. ARGV[4] .. ' ' .. whole(updated) .. ' ' .. whole(expires) .. ' ' .. whole(now))
for k = 1, 3 do
  local left = redis.call('PTTL', KEYS[k])
  if not expires then
    if left >= 0 then redis.call('PERSIST', KEYS[k]) end
  elseif redis.call('HLEN', KEYS[3]) == 1 and redis.call('ZCARD', KEYS[1]) == 1 or (left ~= -1 and now + left < expires + ARGV[7]) then
    redis.call('PEXPIREAT', KEYS[k], whole(expires + ARGV[7] + 600000))
  end
end
return 1
`,
)

/**
 * Takes a session out of a user's index.
 *
 * KEYS  1 updated, 2 expires, 3 away
 * ARGV  1 tag, 2 id, 3 createdAt: of this session or an earlier one, or `` for whatever there is; 4 least age in ms
 */
export const AWAY_DROP = script(
  'away-drop',
  CLOCK,
  WHOLE,
  INDEX,
  `
local stored = redis.call('HGET', KEYS[3], ARGV[2])
if not stored then return 0 end
local c, v, u, e, placed = string.match(stored, '^(%S+) (%S+) (%S+) (%S+) (%S+)')
if ARGV[3] ~= '' and tonumber(c) > tonumber(ARGV[3]) then return 0 end
if now - tonumber(placed) < tonumber(ARGV[4]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1] .. ':' .. digits(tonumber(u)) .. ':' .. ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[1] .. ':' .. digits(tonumber(e)) .. ':' .. ARGV[2])
redis.call('HDEL', KEYS[3], ARGV[2])
return 1
`,
)

/**
 * Takes an index entry without a session out of the index of its own shard.
 *
 * KEYS  1 updated, 2 expires, 3 record, 4 away
 * ARGV  1 tag, 2 id, 3 the member of updated
 */
export const HOME_HEAL = script(
  'home-heal',
  `
if redis.call('EXISTS', KEYS[3]) == 1 or redis.call('HEXISTS', KEYS[4], ARGV[2]) == 1 then return 0 end
redis.call('ZREM', KEYS[1], ARGV[3])
for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], '[' .. ARGV[1] .. ':', '(' .. ARGV[1] .. ';')) do
  if string.sub(member, 32) == ARGV[2] then redis.call('ZREM', KEYS[2], member) end
end
return 1
`,
)
