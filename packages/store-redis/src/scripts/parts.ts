// What several scripts begin with. Locals, and no closures where a plain append goes by.

/** `now`: milliseconds by the server's clock. */
export const CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * The record of a session: a hash whose field `` holds all that an append reads and writes, packed, and whose other fields
 * are the ids of its messages, each with its seq. So an append reads both in one command and writes both in another.
 * The list of messages ends with the same text, for who reads it without a script: who writes one writes the other.
 * Unpacks `h`, that field, where there is one; another schema ends the script. `1` is the schema; `-` stands for none.
 *
 * 1 createdAt version lastSeq count updatedAt expiresAt
 *   sliding maxMessages active userTag home(1: index in this shard, 0: in the user's, -: nobody's)
 *   firstSeq contextBytes ttlMs overflow(r|d) metadataBytes token(of its creation) owner(- nobody, or +ID)
 */
export const RECORD = `
local created, version, seq, count, updated, expires
local sliding, max, active, tag, home, first, context, ttl, overflow, metadata, token, owner
if h then
  created, version, seq, count, updated, expires, sliding, max, active, tag, home, first, context, ttl, overflow, metadata, token, owner =
    string.match(h, '^1 (%-?%d+) (%d+) (%d+) (%d+) (%-?%d+) (%S+) (%d) (%S+) (%d) (%S+) (%S) (%d+) (%d+) (%S+) (%a) (%d+) (%S+) (.+)$')
  if not version then return {'SCHEMA'} end
  version, seq, count, first = tonumber(version), tonumber(seq), tonumber(count), tonumber(first)
  updated, expires, context = tonumber(updated), tonumber(expires), tonumber(context)
end
local user = owner and owner ~= '-' and string.sub(owner, 2)
`

/** Whole numbers as text: Lua would write large ones as 1e+15. */
export const WHOLE = `
local function whole(n) return n and string.format('%.0f', n) or '-' end
`

/** Times in index members: 13 digits, which sort like numbers; never is thirteen nines. */
export const INDEX = `
local function digits(ms)
  if not ms then return '9999999999999' end
  return string.format('%013.0f', math.max(0, math.min(ms, 9999999999998)))
end
`

/**
 * `move(k, before, after)`: one member of an index in another's place, either of which may be none. The new one first:
 * an index without members is gone, and its end with it.
 */
export const MOVE = `
local function move(k, before, after)
  if before == after then return end
  if after then redis.call('ZADD', KEYS[k], '0', after) end
  if before then redis.call('ZREM', KEYS[k], before) end
end
`

/**
 * Lets the keys of a shard live as long as its longest session, and no longer. A margin spares sliding sessions a
 * command for each append. `KEYS[from]` to `KEYS[from + 4]`: all, due, counter, updated, expires.
 */
export const KEEP_SHARD = `
local function keepShard(from, grace)
  local last = redis.call('ZREVRANGE', KEYS[from + 1], 0, 0, 'WITHSCORES')[2]
  local endless = redis.call('ZCARD', KEYS[from]) > redis.call('ZCARD', KEYS[from + 1])
  for k = from, from + 4 do
    local left = redis.call('PTTL', KEYS[k])
    if endless then
      if left >= 0 then redis.call('PERSIST', KEYS[k]) end
    elseif last and left ~= -2 and (left == -1 or now + left < tonumber(last) + grace or now + left > tonumber(last) + grace + 600000) then
      redis.call('PEXPIREAT', KEYS[k], whole(tonumber(last) + grace + 600000))
    end
  end
end
`

/** `at(i)`: the seq of the element at an index. `indexOf(s)`: the index of the first message whose seq is not below `s`. */
export const FIND = `
local function at(i) return tonumber(string.match(redis.call('LINDEX', KEYS[2], i), '^%[(%d+)')) end
local function indexOf(s)
  if count == 0 or s <= first then return 0 end
  local high = math.min(count, s - first)
  if seq - first + 1 == count then return high end
  local low = 0
  while low < high do
    local middle = math.floor((low + high) / 2)
    if at(middle) >= s then high = middle else low = middle + 1 end
  end
  return low
end
`

/** `slice(from, to, newest)`: elements from one index up to another, in steps; ends early at 8 MiB, never empty. */
export const SLICE = `
local function slice(from, to, newest)
  from = math.max(from, 0)
  if to - from <= 50 then
    -- The plain page, without a copy where it is small enough.
    local page = to > from and redis.call('LRANGE', KEYS[2], from, to - 1) or {}
    local bytes = 0
    for j = 1, #page do bytes = bytes + #page[j] end
    if bytes <= 8388608 then return page end
  end
  local found, bytes = {}, 0
  if newest then
    local i = to
    while i > from do
      local some = redis.call('LRANGE', KEYS[2], math.max(from, i - 50), i - 1)
      for j = #some, 1, -1 do
        bytes = bytes + #some[j]
        if bytes > 8388608 and #found > 0 then i = from break end
        found[#found + 1] = some[j]
      end
      i = i - 50
    end
    local n = #found
    for j = 1, math.floor(n / 2) do found[j], found[n + 1 - j] = found[n + 1 - j], found[j] end
    return found
  end
  while from < to do
    local some = redis.call('LRANGE', KEYS[2], from, math.min(from + 49, to - 1))
    if #some == 0 then break end
    for j = 1, #some do
      bytes = bytes + #some[j]
      if bytes > 8388608 and #found > 0 then from = to break end
      found[#found + 1] = some[j]
    end
    from = from + 50
  end
  return found
end
`

/** `idOf(element)`: the id of the message in a list element. */
export const ID_OF = String.raw`
local function idOf(element)
  local rest = string.match(element, '^%[%d+,%-?%d+,%d+,[^,]+,"?[%w+/=_~-]*"?,([^\n]*)\n')
  return string.match(rest, '^"([^"\\]*)",') or cjson.decode('[' .. rest .. '0]')[1]
end
`
