import { newMessageId, newSessionId, type SessionStore } from '@sess/core'
import { describeError, fail } from './check.ts'
import type { Kit, Law, LawGroup, Need, StoreFactory, StoreHarness, TestStoreOptions } from './law.ts'
import { newSession } from './new-session.ts'

/** A law ends within this time, unless `timeoutMs` says otherwise. */
export const LAW_TIMEOUT_MS = 30_000

/** How a law went, if it did not fail. */
export interface LawOutcome {
  /** Why the law was not tried. */
  readonly skipped?: string
}

/** Tries one law on a harness of its own, which it closes and destroys whatever happens; fails with a {@link LawError}. */
export async function runLaw(
  law: Law,
  factory: StoreFactory,
  options: TestStoreOptions = {},
): Promise<LawOutcome> {
  const skipped = skipReason(law, options)
  if (skipped !== undefined) return { skipped }
  const lifetime = new Lifetime(SHORT_MS)
  try {
    return await attempt(law, factory, options, lifetime).catch((error: unknown) => {
      // A busy machine may come too late to a short one. What is wrong is so with a long one too.
      if (!lifetime.isWaitedFor) throw error
      return attempt(law, factory, options, new Lifetime(LONG_MS))
    })
  } catch (error) {
    throw new LawError(law, error)
  }
}

async function attempt(
  law: Law,
  factory: StoreFactory,
  { timeoutMs = LAW_TIMEOUT_MS }: TestStoreOptions,
  lifetime: Lifetime,
): Promise<LawOutcome> {
  const harness = await within(timeoutMs, 'making the harness', async () => factory())
  const open: SessionStore[] = []
  const steps = [
    () => within(timeoutMs, 'the law', () => tryLaw(law, harness, open, lifetime)),
    () => within(timeoutMs, 'closing the stores', () => closeAll(open)),
    () => within(timeoutMs, 'destroying the harness', async () => harness.destroy?.()),
  ]
  return allOf(steps)
}

const SHORT_MS = 250
const LONG_MS = 4000
const CLOCKED_MS = 2 * 3_600_000

/** The lifetime that a law can let pass. */
class Lifetime {
  readonly #ms: number
  /** Whether a law asked for it whose harness cannot move the clock on. */
  isWaitedFor = false

  constructor(ms: number) {
    this.#ms = ms
  }

  for(harness: StoreHarness): number {
    if (harness.advance) return CLOCKED_MS
    this.isWaitedFor = true
    return this.#ms
  }
}

/** A broken law: which, in words, and what happened, which is the `cause`. */
export class LawError extends Error {
  readonly lawId: string

  constructor(law: Law, cause: unknown) {
    super(`law ${law.id} is broken: ${law.title}\n${describeError(cause)}`, { cause })
    this.name = 'LawError'
    this.lawId = law.id
  }
}

/** The reason that a store's author gave for not keeping a law. */
function skipReason({ id }: Law, { skip = {} }: TestStoreOptions): string | undefined {
  return skip[id] ?? skip[`${groupOf(id)}/*`]
}

/** Refuses reasons for laws that there are not: a law renamed must not be skipped for ever after. */
export function checkSkips(groups: readonly LawGroup[], { skip = {} }: TestStoreOptions): void {
  const ids = groups.flatMap(({ name, laws }) => [`${name}/*`, ...laws.map(({ id }) => id)])
  const unknown = Object.keys(skip).filter((id) => !ids.includes(id))
  if (unknown.length > 0) throw new Error(`options.skip names laws that there are not: ${unknown.join(', ')}`)
}

function groupOf(id: string): string {
  return id.slice(0, id.indexOf('/'))
}

async function tryLaw(
  law: Law,
  harness: StoreHarness,
  opened: SessionStore[],
  lifetime: Lifetime,
): Promise<LawOutcome> {
  const needs = law.needs ?? []
  const lacking = needs.find(
    (need) => HARNESS_NEEDS.includes(need) && harness[need as HarnessNeed] === undefined,
  )
  if (lacking) return { skipped: `the harness has no '${lacking}'` }
  const open = async () => {
    const store = await harness.open()
    opened.push(store)
    return store
  }
  const store = await open()
  const { shared, features } = store.info
  if (needs.includes('shared') && !shared) return { skipped: "the store's data is not shared (info.shared)" }
  const absent = needs.find((need) => FEATURE_NEEDS.includes(need) && !features.includes(need))
  if (absent) return { skipped: `the store has no '${absent}' (info.features)` }
  await law.run(makeKit(harness, store, open, lifetime))
  return {}
}

type HarnessNeed = 'advance' | 'inspect' | 'outage' | 'neighbour' | 'makeNewer'
const HARNESS_NEEDS: readonly Need[] = [
  'advance',
  'inspect',
  'outage',
  'neighbour',
  'makeNewer',
] satisfies HarnessNeed[]
const FEATURE_NEEDS: readonly Need[] = ['stats', 'deleteUser', 'watch', 'lease']

function makeKit(
  harness: StoreHarness,
  store: SessionStore,
  open: () => Promise<SessionStore>,
  lifetime: Lifetime,
): Kit {
  return {
    harness,
    store,
    open,
    get lifetimeMs() {
      return lifetime.for(harness)
    },
    async pass(ms) {
      // A timer may fire a little early by the clock that the store reads.
      if (harness.advance) await harness.advance(ms)
      else await new Promise((resolve) => setTimeout(resolve, ms + 5))
    },
    create(fields = {}) {
      const userId = fields.userId === undefined ? 'user' : fields.userId
      return store.create(newSession(newSessionId(userId), { userId, ...fields }))
    },
    message: (fields) => ({ id: newMessageId(), role: 'user', content: 'Hello', metadata: {}, ...fields }),
    async messages(id) {
      const all = []
      for (let afterSeq = 0; ; ) {
        const { messages = [] } = await store.load(id, { messages: { afterSeq, limit: 1000 } })
        const last = messages.at(-1)
        if (last === undefined) return all
        // Else a store that pages in a circle would never let a timer end the law.
        if (!(last.seq > afterSeq)) fail(`a page after seq ${afterSeq} ends with seq ${last.seq}`)
        all.push(...messages)
        afterSeq = last.seq
      }
    },
  }
}

async function closeAll(stores: readonly SessionStore[]): Promise<void> {
  await allOf(stores.map((store) => () => store.close()))
}

/** Takes every step, also after one that failed; answers what the first answers, or fails as the first that fails. */
async function allOf<T>(steps: readonly (() => Promise<unknown>)[]): Promise<T> {
  const results: PromiseSettledResult<unknown>[] = []
  for (const step of steps) results.push(...(await Promise.allSettled([step()])))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return (results[0] as PromiseFulfilledResult<T>)?.value
}

async function within<T>(ms: number, what: string, work: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
