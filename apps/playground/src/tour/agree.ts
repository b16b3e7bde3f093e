import { isSessError, type Json, type Message, type SessErrorCode } from '@sess/core'
import type { Sent } from './transcripts.ts'

/** What did not hold, as a sentence. */
export class NotHeld extends Error {}

export function must(condition: boolean, why: string): asserts condition {
  if (!condition) throw new NotHeld(why)
}

/** Equal as JSON text, and so in the order of keys too. */
export function mustEqual(what: string, got: unknown, want: unknown): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)]
  must(a === b, `${what}: ${excerpt(a)} instead of ${excerpt(b)}`)
}

/** The same messages in the same order, word for word, with rising seqs. */
export function mustBeMessages(what: string, got: readonly Message[], want: readonly Sent[]): void {
  for (const [i, wanted] of want.entries()) {
    const message = got[i]
    must(message !== undefined, `${what}: ${got.length} messages instead of ${want.length}`)
    must(
      message.id === wanted.id,
      `${what}: '${message.id}' stands at place ${i + 1} instead of '${wanted.id}'`,
    )
    for (const part of ['role', 'content', 'metadata'] as const)
      must(
        sameText(message[part], wanted[part]),
        `${what}: the ${part} of message ${i + 1} came back otherwise`,
      )
    must(
      i === 0 || message.seq > (got[i - 1] as Message).seq,
      `${what}: seqs do not rise at message ${i + 1}`,
    )
  }
  must(got.length === want.length, `${what}: ${got.length} messages instead of ${want.length}`)
}

/** The same keys with the same values; keys have no order among themselves. */
export function mustBeContext(
  what: string,
  got: { readonly [key: string]: unknown },
  want: ReadonlyMap<string, Json>,
): void {
  mustEqual(`${what}, keys of the context`, Object.keys(got).sort(), [...want.keys()].sort())
  for (const [key, value] of want) mustEqual(`${what}, context '${key}'`, got[key], value)
}

/** The call fails with this code. */
export async function mustFail(
  what: string,
  code: SessErrorCode,
  call: () => Promise<unknown>,
): Promise<void> {
  let answer = 'it succeeded'
  try {
    await call()
  } catch (error) {
    if (isSessError(error, code)) return
    answer = isSessError(error) ? error.code : String(error)
  }
  throw new NotHeld(`${what}: ${answer}, where ${code} was due`)
}

function sameText(a: Json, b: Json): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function excerpt(text: string | undefined): string {
  return text === undefined ? 'nothing' : text.length <= 80 ? text : `${text.slice(0, 79)}…`
}
