import { SessError } from '../contract/error.ts'
import { checkName } from './text.ts'

// 64 letters, so that 6 random bits give one of them without a bias.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CODES = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0))
const RANDOM_CHARS = 22

// Random bytes are drawn in bulk: one call to the generator for each id costs more than all else about it.
const pool = new Uint8Array(4096)
let unused = 0

/** An id: `codes`, whose last {@link RANDOM_CHARS} are made anew. At once, since an id put together piece by piece costs twice the memory. */
function randomId(codes: number[]): string {
  if (unused < RANDOM_CHARS) {
    crypto.getRandomValues(pool)
    unused = pool.length
  }
  for (let i = codes.length - RANDOM_CHARS; i < codes.length; i++)
    codes[i] = CODES[(pool[--unused] as number) & 63] as number
  return String.fromCharCode(...codes)
}

/** The codes of an id with that prefix. */
function codesOf(prefix: string): number[] {
  return Array.from(prefix.padEnd(prefix.length + RANDOM_CHARS), (letter) => letter.charCodeAt(0))
}

// Used over and over: an array that grows for each id is more than ten times the id in garbage.
const MESSAGE_ID = codesOf('msg_')

/** How many shards there are. */
export const SHARDS = 4096

/**
 * The shard of a user id or of a caller's own session id, 0 to 4,095. Frozen: stored data depends on it.
 * 32-bit FNV-1a over the UTF-8 bytes, its high 20 bits folded onto the low 12 as the authors of FNV advise for short hashes.
 */
export function shardOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) as number
    if (code > 0xffff) i++
    if (code < 0x80) hash = fnv(hash, code)
    else {
      if (code < 0x800) hash = fnv(hash, 0xc0 | (code >> 6))
      else {
        if (code < 0x10000) hash = fnv(hash, 0xe0 | (code >> 12))
        else {
          hash = fnv(hash, 0xf0 | (code >> 18))
          hash = fnv(hash, 0x80 | ((code >> 12) & 63))
        }
        hash = fnv(hash, 0x80 | ((code >> 6) & 63))
      }
      hash = fnv(hash, 0x80 | (code & 63))
    }
  }
  return ((hash >>> 12) ^ hash) & 0xfff
}

function fnv(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193)
}

const OWN_ID = /^sess_([0-9a-f]{3})[A-Za-z0-9_-]{22}$/

/** The shard under which a session lies: the one its id carries, else {@link shardOf} the id. */
export function shardOfSession(id: string): number {
  const match = OWN_ID.exec(id)
  return match ? Number.parseInt(match[1] as string, 16) : shardOf(id)
}

/** A new session id, `sess_` + 3 hex digits of the user's shard + 22 random characters (132 bits); nobody's sessions are spread over all shards. */
export function newSessionId(userId: string | null): string {
  return randomId(codesOf(ownPrefix(userId === null ? Math.floor(Math.random() * SHARDS) : shardOf(userId))))
}

/** A new message id, `msg_` + 22 random characters. */
export function newMessageId(): string {
  return randomId(MESSAGE_ID)
}

/**
 * A session id that the same user and parts always give, in the user's shard: for adapters, whose frameworks
 * bring keys of their own. It says nothing about its parts (132 bits of their SHA-256).
 * @example `await deriveSessionId('user123', 'langgraph', threadId)`
 */
export async function deriveSessionId(userId: string | null, ...parts: readonly string[]): Promise<string> {
  if (userId !== null) checkName('deriveSessionId', 'user id', userId)
  // JSON has no `undefined`: every conversation whose part was forgotten would have one id.
  if (!parts.every((part) => typeof part === 'string'))
    throw new SessError('INVALID_ARGUMENT', 'deriveSessionId: every part must be a string')
  const key = JSON.stringify([userId, ...parts])
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)))
  const at = (i: number) => digest[i] as number
  let text = ownPrefix(userId === null ? ((at(30) << 8) | at(31)) & 4095 : shardOf(userId))
  for (let i = 0; i < RANDOM_CHARS; i++) text += ALPHABET.charAt(at(i) & 63)
  return text
}

function ownPrefix(shard: number): string {
  return `sess_${shard.toString(16).padStart(3, '0')}`
}
