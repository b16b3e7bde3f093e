import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Json, JsonObject } from '@sess/core'

/** A message on its way into a session. Its id makes the append safe to repeat. */
export interface Sent {
  readonly id: string
  readonly role: string
  readonly content: Json
  readonly metadata: JsonObject
}

/** A recorded conversation, cut into turns: each begins with a user's message. */
export interface Conversation {
  readonly id: string
  /** What comes before the first user's message. */
  readonly opening: readonly Sent[]
  readonly turns: readonly (readonly Sent[])[]
}

/** What is wrong with a file of transcripts, as a sentence. */
export class BrokenTranscripts extends Error {}

const SAMPLES = fileURLToPath(new URL('../../samples/', import.meta.url))

/** The playground's own conversations. */
export async function readSamples(): Promise<readonly Conversation[]> {
  const names = (await readdir(SAMPLES)).filter((name) => name.endsWith('.jsonl')).sort()
  return (await Promise.all(names.map((name) => readTranscripts(`${SAMPLES}${name}`)))).flat()
}

/** The conversations of a file, one a line. @throws {@link BrokenTranscripts} */
export async function readTranscripts(path: string): Promise<readonly Conversation[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BrokenTranscripts(
      error.code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read (${error.code}).`,
    )
  })
  const conversations = text
    .split('\n')
    .map((line, i) => (line.trim() === '' ? undefined : parseLine(line, `${path}, line ${i + 1}`)))
    .filter((conversation) => conversation !== undefined)
  if (conversations.length === 0) throw new BrokenTranscripts(`${path} holds no conversations.`)
  return conversations
}

function parseLine(line: string, where: string): Conversation {
  let record: unknown
  try {
    record = JSON.parse(line)
  } catch {
    throw new BrokenTranscripts(`${where} is not JSON.`)
  }
  const { id, messages } = (record ?? {}) as { id?: unknown; messages?: unknown }
  if (typeof id !== 'string' || id === '' || !Array.isArray(messages) || messages.length === 0)
    throw new BrokenTranscripts(`${where} is no conversation: it needs an "id" and "messages".`)
  const bad = messages.findIndex(
    (message) => typeof message?.role !== 'string' || message.content === undefined,
  )
  if (bad !== -1) throw new BrokenTranscripts(`${where}: message ${bad + 1} needs "role" and "content".`)
  return toConversation(id, messages)
}

function toConversation(
  id: string,
  messages: readonly (JsonObject & { readonly role: string })[],
): Conversation {
  const opening: Sent[] = []
  const turns: Sent[][] = []
  for (const [i, message] of messages.entries()) {
    if (message.role === 'user') turns.push([])
    const turn = turns.at(-1) ?? opening
    turn.push({
      id: `m${i + 1}`,
      role: message.role,
      content: contentOf(message),
      metadata: { turn: turns.length, conversation: id },
    })
  }
  return { id, opening, turns }
}

/** The plain content, or all but the role where there is more: tool calls, ids and names, in the order of their keys. */
function contentOf({ role: _role, ...rest }: JsonObject): Json {
  return Object.keys(rest).length === 1 ? (rest.content as Json) : rest
}
