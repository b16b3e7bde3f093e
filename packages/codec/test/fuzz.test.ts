import type { Json, Message, Session } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, it } from 'vitest'
import { withCompression, withEncryption } from '../src/index.ts'
import { KEYS } from './keys.ts'
import { newMessage, newSession } from './rig.ts'

const FLIPS = 10_000
const TEXT = 'A conversation that is long enough to be worth compressing, again and again. '.repeat(20)

/** Numbers that look random and are the same each time. */
function randomly(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function flip(text: string, random: (below: number) => number): string {
  const bytes = Buffer.from(text, 'latin1')
  const at = random(bytes.length)
  // All but the highest bit: what is stored is ASCII, and another byte would be no text.
  bytes[at] = (bytes[at] as number) ^ (1 + random(127))
  return bytes.toString('latin1')
}

/** Every envelope in a session as stored, and how to put another text in its place. */
async function envelopes(inner: ReturnType<typeof createMemoryStore>) {
  const {
    session,
    messages = [],
    context = [],
  } = await inner.load('s', { messages: { last: 9 }, context: true })
  const found: { text: string; put: (text: string) => Promise<unknown> }[] = []
  for (const [key, text] of Object.entries(session.metadata))
    found.push({ text, put: (text) => inner.commit('s', { session: { metadata: { [key]: text } } }) })
  for (const [key, text] of context)
    found.push({ text: text as string, put: (text) => inner.commit('s', { set: [[key, text]] }) })
  for (const message of messages)
    for (const field of ['content', 'metadata'] as const)
      for (const { text, wrap } of textsIn(message[field]))
        found.push({
          text,
          put: (text) =>
            inner.commit('s', {
              amend: [{ id: message.id, [field]: wrap(text) as never, ...digestOf(message) }],
            }),
        })
  return found
}

function textsIn(value: Json): { text: string; wrap: (text: string) => Json }[] {
  if (typeof value === 'string') return [{ text: value, wrap: (text) => text }]
  return Object.entries(value as { [key: string]: string }).map(([key, text]) => ({
    text,
    wrap: (text) => ({ ...(value as object), [key]: text }),
  }))
}

function digestOf({ digest }: Message) {
  return digest === undefined ? {} : { digest }
}

type Look = { session: Session; messages?: readonly Message[] }

async function fuzz(
  store: ReturnType<typeof createMemoryStore>,
  inner: ReturnType<typeof createMemoryStore>,
  flips: number,
) {
  const all = () => store.load('s', { messages: { last: 9 }, context: true })
  const look = ({ session, messages, ...rest }: Look) => ({
    ...rest,
    metadata: session.metadata,
    messages: messages?.map(({ content, metadata }) => ({ content, metadata })),
  })
  const whole = look(await all())
  const found = await envelopes(inner)
  const random = randomly(20260101)
  const outcomes: { [code: string]: number } = {}
  for (let i = 0; i < flips; i++) {
    const { text, put } = found[random(found.length)] as (typeof found)[number]
    await put(flip(text, random))
    const outcome = await all().then(
      (read) => `read ${JSON.stringify(look(read)) === JSON.stringify(whole) ? 'the same' : 'WRONG DATA'}`,
      (error) => error.code as string,
    )
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    await put(text)
  }
  expect(look(await all())).toEqual(whole)
  return { outcomes, envelopes: found.length }
}

const SESSION = newSession('s', {
  metadata: { title: 'the title' },
  context: [['key', { secret: 'the value' }]],
  messages: [newMessage('m1', 'short'), { ...newMessage('m2', TEXT), digest: 'a digest' }],
})

describe('flips of a byte', () => {
  it(`of an encrypted session, ${FLIPS} of them, are each DECRYPTION_FAILED or CORRUPT_DATA`, async () => {
    const inner = createMemoryStore()
    const store = withEncryption(inner, { keys: KEYS })
    await store.create(SESSION)
    const { outcomes, envelopes } = await fuzz(store, inner, FLIPS)
    expect(envelopes).toBe(8)
    expect(Object.keys(outcomes).sort()).toEqual(['CORRUPT_DATA', 'DECRYPTION_FAILED'])
    console.info('encryption', outcomes)
  })

  it('of a compressed and encrypted session as well', async () => {
    const inner = createMemoryStore()
    const store = withCompression(withEncryption(inner, { keys: KEYS }))
    await store.create(SESSION)
    const { outcomes } = await fuzz(store, inner, FLIPS / 4)
    expect(Object.keys(outcomes).sort()).toEqual(['CORRUPT_DATA', 'DECRYPTION_FAILED'])
    console.info('compression and encryption', outcomes)
  })
})
