import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { stores } from '../src/stores.ts'
import { checks } from '../src/tour/checks/index.ts'
import { runTour } from '../src/tour/main.ts'
import { run, stepsOf, TURNS } from '../src/tour/run.ts'
import { readSamples } from '../src/tour/transcripts.ts'
import { ways } from '../src/tour/ways.ts'
import { faults, storeWith } from './faults.ts'

const TIMEOUT = 60_000

afterEach(() => vi.restoreAllMocks())

/** What the tour prints, with its exit code. */
async function tour(...args: Parameters<typeof runTour>) {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const code = await runTour(...args)
  return { code, out: log.mock.calls.flat().join('\n') }
}

describe('the tour', () => {
  it('holds on every store in every way', { timeout: TIMEOUT }, async () => {
    const { code, out } = await tour()
    expect(out).not.toContain('NOT HELD')
    expect(out).toMatch(
      /All \d+ checks held: \d+ ways to use \d+ stores, [\d,]+ conversations, [\d,]+ messages\.$/,
    )
    expect(code).toBe(0)
  })

  it('tells of each step', async () => {
    const plan = {
      stores: stores.slice(0, 1),
      ways: ways.slice(0, 2),
      moves: [],
      checks,
      conversations: await readSamples(),
    }
    const step = vi.fn()
    const outcomes = await run(plan, step)
    expect(step).toHaveBeenCalledTimes(stepsOf(plan))
    expect(outcomes.map(({ conversations }) => conversations)).toEqual(
      plan.ways.map(() => plan.conversations.length),
    )
  })

  it('has conversations of its own, with tool calls, in several turns', async () => {
    const samples = await readSamples()
    expect(samples.length).toBeGreaterThanOrEqual(6)
    for (const { turns } of samples) expect(turns.length).toBeGreaterThanOrEqual(3)
    expect(
      samples.flatMap(({ turns }) => turns.flat()).filter(({ role }) => role === 'tool').length,
    ).toBeGreaterThan(20)
  })

  it.each([
    ['{"id":"a","messages":[{"role":"user","content":"hi"}]}\n{"id":', ', line 2 is not JSON.'],
    ['\n{"id":"a"}', ', line 2 is no conversation: it needs an "id" and "messages".'],
    ['[]', ', line 1 is no conversation: it needs an "id" and "messages".'],
    [
      '{"id":"a","messages":[{"role":"user","content":"hi"},{"content":"?"}]}',
      ', line 1: message 2 needs "role" and "content".',
    ],
    ['\n\n', ' holds no conversations.'],
  ])('refuses a broken file in one sentence: %j', async (text, why) => {
    const folder = await mkdtemp(join(tmpdir(), 'sess-playground-'))
    try {
      const path = join(folder, 'broken.jsonl')
      await writeFile(path, text)
      const told = vi.spyOn(console, 'error').mockImplementation(() => {})
      expect(await tour(path)).toEqual({ code: 2, out: '' })
      expect(told.mock.calls).toEqual([[`${path}${why}`]])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  const real = fileURLToPath(new URL('../../../../shared/data/transcripts.jsonl', import.meta.url))
  const isThere = existsSync(real)
  if (!isThere) console.warn(`Skipped: the tour on recorded conversations, because there is no ${real}`)
  it.skipIf(!isThere)(
    'holds on recorded conversations, where there are any',
    { timeout: TIMEOUT },
    async () => {
      const { code, out } = await tour(real, { stores: stores.slice(0, 1) })
      expect(out).not.toContain('NOT HELD')
      expect(code).toBe(0)
    },
  )
})

/** Which check catches which fault. */
const caught: { readonly [F in keyof typeof faults]: readonly string[] } = {
  losesOne: [TURNS],
  reordersKeys: [TURNS, 'fork'],
  turnsPagesAround: ['messages', 'windows', 'amend', 'rewind'],
  forgetsContext: [TURNS],
  skipsKeys: ['context'],
  answersShortPages: ['windows'],
  amendsNothing: ['amend'],
  cutsNothing: ['rewind', 'fork'],
  ignoresConditions: ['rewind', 'race'],
  doublesRepeats: ['retry'],
  ignoresCaps: ['messages', 'cap'],
  neverExpires: ['expiry'],
  evictsNothing: ['eviction'],
  ignoresOwners: ['isolation'],
  listsBackwards: ['lists'],
  writesAnew: ['move'],
  deletesNothing: ['delete'],
}

describe('a faulty store is found out', () => {
  const some = ways.filter(({ name }) => name === 'plain' || name === 'all')

  it.each(Object.entries(caught))('that %s, by: %s', async (name, expected) => {
    const kind = storeWith(faults[name as keyof typeof faults])
    // Others have faults with which a move would never end.
    const moves = expected.includes('move') ? [kind] : []
    const plan = { stores: [kind], ways: some, moves, checks, conversations: await readSamples() }
    const outcomes = await run(plan, () => {})
    const notHeld = new Set(
      outcomes.flatMap(({ verdicts }) =>
        [...verdicts].filter(([, v]) => typeof v === 'string').map(([check]) => check),
      ),
    )
    expect([...notHeld]).toEqual(expect.arrayContaining([...expected]))
  })

  it('where a schema does nothing, which is a fault of the manager', async () => {
    const lax = { name: 'lax', about: 'schemas that accept everything', schemas: {} }
    const { code, out } = await tour(undefined, { stores: stores.slice(0, 1), ways: [lax] })
    expect(out).toMatch(/^ {2}memory, lax, schema: /m)
    expect(code).toBe(1)
  })

  it('by every check: none is there that nothing fails', () => {
    const failed = new Set(['schema', ...Object.values(caught).flat()])
    expect([TURNS, ...checks.map(({ name }) => name)].filter((name) => !failed.has(name))).toEqual([])
  })

  it('in the table and with exit code 1', async () => {
    const { code, out } = await tour(undefined, { stores: [storeWith(faults.doublesRepeats)] })
    expect(code).toBe(1)
    expect(out).toMatch(/^retry .*NOT HELD/m)
    expect(out).toMatch(/^ {2}faulty, plain, retry: conversation /m)
    expect(out).toMatch(/\d+ of \d+ checks did not hold: 8 ways to use 1 store, /)
  })
})
