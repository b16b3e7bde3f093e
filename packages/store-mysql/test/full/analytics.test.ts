import { readFileSync } from 'node:fs'
import type { Json, JsonObject, NewSession, SessionStore } from '@sess/core'
import { orSkip, startMysql } from '@sess/servers'
import { newSession } from '@sess/testkit'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createMysqlStore } from '../../src/index.ts'
import { stop } from '../harness.ts'

// The statements on the documentation's page, on conversations that a store wrote.

const page = readFileSync(new URL('../../../../docs/analytics.md', import.meta.url), 'utf8')

/** The statements of each heading. */
const statements = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((part) => [
      part.slice(0, part.indexOf('\n')),
      [...part.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => String(sql)),
    ]),
)

/** A day in November 2025 shortly before midnight in UTC, and so many minutes later. */
const at = (day: number, minutes: number) => Date.UTC(2025, 10, day, 23, 30) + minutes * 60_000

type Said = readonly [role: string, content: Json, createdAt: number, metadata?: JsonObject]

const usage = (model: string, input: number, output: number) => ({ model, usage: { input, output } })
const call = (toolName: string, input: JsonObject) => ({
  type: 'tool-call',
  toolCallId: 'c',
  toolName,
  input,
})

const SAID = {
  refund: [
    ['user', 'I want a REFUND', at(1, 0)],
    [
      'assistant',
      [
        { type: 'text', text: 'Let me see' },
        call('weather', { city: 'Zürich' }),
        call('weather', { city: 'Oslo' }),
      ],
      at(1, 0.5),
      usage('large', 10, 5),
    ],
    ['tool', [{ type: 'tool-result', toolCallId: 'c', output: 'rain' }], at(1, 1)],
    ['user', 'Thanks', at(1, 31)],
    ['assistant', 'You are welcome', at(1, 31.5), usage('large', 20, 7)],
  ],
  search: [
    ['user', 'hello', at(2, 0)],
    ['assistant', [call('search', { query: 'weather' })], at(2, 1.5), usage('small', 1, 2)],
  ],
  nobody: [['system', 'Be kind', at(1, 0)]],
  empty: [],
  full: [
    ['user', 'more', at(3, 0)],
    ['user', [{ type: 'text', text: 'A refund, again' }], at(3, 1)],
  ],
} as const satisfies { readonly [session: string]: readonly Said[] }

async function write(store: SessionStore): Promise<void> {
  const prefs = (theme: string) => [['prefs', { theme }] as const, ['other', 1] as const]
  const pro = { userId: 'ana', metadata: { plan: 'pro' }, context: prefs('dark') }
  const free = { userId: 'Ana', metadata: { plan: 'free' } }
  await create(store, 'refund', at(1, 0), pro)
  await create(store, 'search', at(2, 0), { ...free, context: prefs('light') }, { expiresAt: at(20, 0) })
  await create(store, 'nobody', at(1, 0), { isActive: false })
  await create(store, 'empty', at(1, 31), pro)
  await create(store, 'full', at(3, 0), { ...free, maxMessages: 2, overflow: 'drop-oldest' }, { lastSeq: 5 })
}

/** As a copy of what was written elsewhere, which keeps its times. */
async function create(
  store: SessionStore,
  id: keyof typeof SAID,
  createdAt: number,
  fields: Partial<NewSession>,
  more: { readonly expiresAt?: number; readonly lastSeq?: number } = {},
): Promise<void> {
  const said: readonly Said[] = SAID[id]
  const { lastSeq = said.length, expiresAt = null } = more
  const messages = said.map(([role, content, createdAt, metadata = {}], i) => ({
    ...{ id: `m${i}`, role, content, metadata, createdAt },
    seq: lastSeq - said.length + i + 1,
  }))
  const stamp = { version: 1, lastSeq, createdAt, updatedAt: createdAt, expiresAt }
  await store.create(newSession(id, { ...fields, messages }), { stamp })
}

/** Of content and metadata, as JSON. */
function bytesOf(said: readonly Said[]): number {
  return said.reduce(
    (sum, [, content, , metadata = {}]) =>
      sum + Buffer.byteLength(JSON.stringify(content)) + Buffer.byteLength(JSON.stringify(metadata)),
    0,
  )
}

const { refund, search, nobody, full } = SAID
const bytes = {
  ...{ refund: bytesOf(refund), search: bytesOf(search), full: bytesOf(full) },
  first: bytesOf([...refund.slice(0, 3), ...nobody]),
  second: bytesOf([...refund.slice(3), ...search]),
}
const size = expect.any(Number)

const answers: { readonly [heading: string]: readonly (readonly unknown[])[] } = {
  'Messages a day, by user': [
    ['2025-11-01', 'ana', 3],
    ['2025-11-01', null, 1],
    ['2025-11-02', 'Ana', 2],
    ['2025-11-02', 'ana', 2],
    ['2025-11-03', 'Ana', 2],
  ],
  'Users by what they said in a month': [
    ['Ana', 3, 2],
    ['ana', 2, 1],
  ],
  'The longest sessions': [
    ['refund', 'ana', 5],
    ['full', 'Ana', 2],
    ['search', 'Ana', 2],
  ],
  'How long sessions are': [
    ['empty', 1],
    ['1 to 3', 3],
    ['4 to 99', 1],
  ],
  'Sessions begun a day, and users who came for the first time': [
    ['2025-11-01', 2, 1],
    ['2025-11-02', 2, 1],
    ['2025-11-03', 1, 0],
  ],
  'Who speaks in a session': [
    ['full', 2, 0, 0],
    ['nobody', 0, 0, 1],
    ['refund', 2, 2, 1],
    ['search', 1, 1, 0],
  ],
  'How long an answer takes': [
    ['2025-11-01', 1, 30],
    ['2025-11-02', 2, 60],
  ],
  'Tool calls, by name': [
    ['weather', 2, 1],
    ['search', 1, 1],
  ],
  'What a tool was called with': [
    ['Oslo', 1],
    ['Zürich', 1],
  ],
  'Tokens by model and day': [
    ['2025-11-01', 'large', 10, 5],
    ['2025-11-02', 'large', 20, 7],
    ['2025-11-02', 'small', 1, 2],
  ],
  'Sessions by a value of their metadata': [
    ['free', 2, 4],
    ['pro', 2, 5],
    [null, 1, 1],
  ],
  'What is kept in context': [
    ['prefs', 'dark', 2],
    ['prefs', 'light', 1],
  ],
  'Who mentioned a word': [
    ['full', 5],
    ['refund', 1],
  ],
  'Sessions that expired, and those that are closed': [
    ['closed', 1, 1],
    ['expired', 1, 2],
    ['open', 3, 7],
  ],
  'Sessions at their cap': [['full', 'drop-oldest', 2, 3]],
  'How storage grows': [
    ['2025-11-01', bytes.first, bytes.first],
    ['2025-11-02', bytes.second, bytes.first + bytes.second],
    ['2025-11-03', bytes.full, bytes.first + bytes.second + bytes.full],
  ],
  'The largest sessions': [
    ['refund', bytes.refund, bytesOf(refund.slice(1, 2))],
    ['search', bytes.search, bytesOf(search.slice(1))],
    ['full', bytes.full, bytesOf(full.slice(1))],
  ],
  'What the tables take on disk': [
    ['sess_context', size, size],
    ['sess_messages', size, size],
    ['sess_sessions', size, size],
  ],
}

describe.each(['mariadb', 'mysql'] as const)('on %s', (flavour) => {
  test('each statement of the page answers what it says', { timeout: 120_000 }, async () => {
    // Days are those of UTC, whatever the server's time zone.
    const config = { 'default-time-zone': '+05:30' }
    const server = await orSkip(() => startMysql({ flavour, config }))
    if (server === undefined) return
    onTestFinished(() => stop(server))
    const store = createMysqlStore({ url: server.url })
    onTestFinished(() => store.close())
    await write(store)
    const { host, port, user, database } = server
    const look = await createConnection({
      host,
      port,
      user,
      database,
      dateStrings: true,
      decimalNumbers: true,
    })
    onTestFinished(() => look.end())
    const found: { [heading: string]: unknown } = {}
    for (const [heading, [sql = '']] of statements) {
      const [rows] = await look.query<RowDataPacket[][]>({ sql, rowsAsArray: true })
      found[heading] = rows
    }
    expect(found).toEqual(answers)
  })
})

test('there is one statement under each heading', () => {
  expect([...statements].filter(([, { length }]) => length !== 1)).toEqual([])
})
