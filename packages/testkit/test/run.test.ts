import type { SessionStore } from '@sess/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bind, lawGroups, type Runner } from '../src/bind.ts'
import type { Kit, Law, StoreHarness } from '../src/law.ts'
import { checkSkips, LawError, runLaw } from '../src/run.ts'
import { referenceHarness } from './reference.ts'

function law(run: (kit: Kit) => Promise<void>, more: Partial<Law> = {}): Law {
  return { id: 'group/law', title: 'something holds', run, ...more }
}

/** A harness that notes what is opened, closed and destroyed. */
function noted(harness: StoreHarness = referenceHarness()) {
  const notes: string[] = []
  const open = async (): Promise<SessionStore> => {
    const store = await harness.open()
    const close = store.close.bind(store)
    store.close = async () => {
      notes.push('close')
      await close()
    }
    notes.push('open')
    return store
  }
  return { notes, factory: () => ({ ...harness, open, destroy: () => void notes.push('destroy') }) }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a lifetime that a law can let pass', () => {
  /** Comes too late to a lifetime that is shorter than this. */
  const slow = (ms: number) => (kit: Kit) =>
    kit.lifetimeMs < ms ? Promise.reject(new Error(`${kit.lifetimeMs} ms were too short`)) : Promise.resolve()
  const waiting = () => {
    const { advance: _, ...harness } = referenceHarness()
    return noted(harness)
  }

  it('is short, and long for the law that came too late to it, on a harness of its own', async () => {
    const { notes, factory } = waiting()
    await runLaw(law(slow(1000)), factory)
    expect(notes).toEqual(['open', 'close', 'destroy', 'open', 'close', 'destroy'])
  })

  it('saves no law that is broken with a long one too', async () => {
    const broken = runLaw(law(slow(60_000)), waiting().factory)
    await expect(broken).rejects.toThrow(/4000 ms were too short/)
  })

  it('gives a law that asks for none, or whose clock moves on, no second try', async () => {
    const fails = vi.fn(() => Promise.reject(new Error('no')))
    await expect(runLaw(law(fails), waiting().factory)).rejects.toThrow('no')
    expect(fails).toHaveBeenCalledTimes(1)
    await expect(runLaw(law(slow(1e9)), noted().factory)).rejects.toThrow('7200000 ms')
  })
})

describe('runLaw', () => {
  it('closes every store, then destroys the harness', async () => {
    const { notes, factory } = noted()
    await runLaw(
      law((kit) => kit.open().then(() => {})),
      factory,
    )
    expect(notes).toEqual(['open', 'open', 'close', 'close', 'destroy'])
  })

  it('does so after a failure too, and tells which law is broken and how', async () => {
    const { notes, factory } = noted()
    const cause = new Error('it is not so')
    const failure = runLaw(
      law(() => Promise.reject(cause)),
      factory,
    )
    await expect(failure).rejects.toThrow(/law group\/law is broken: something holds\nError: it is not so/)
    await expect(failure).rejects.toBeInstanceOf(LawError)
    await expect(failure).rejects.toMatchObject({ cause, lawId: 'group/law' })
    expect(notes).toEqual(['open', 'close', 'destroy'])
  })

  it('does so after a law that does not end', async () => {
    const { notes, factory } = noted()
    const failure = runLaw(
      law(() => new Promise(() => {})),
      factory,
      { timeoutMs: 20 },
    )
    await expect(failure).rejects.toThrow('the law did not end within 20 ms')
    expect(notes).toEqual(['open', 'close', 'destroy'])
  })

  it('destroys the harness even where a store does not close, and fails', async () => {
    const { notes, factory } = noted()
    const breaking = law(async ({ store }) => {
      store.close = () => Promise.reject(new Error('stuck'))
    })
    await expect(runLaw(breaking, factory)).rejects.toThrow('stuck')
    expect(notes).toEqual(['open', 'destroy'])
  })

  it.each(['advance', 'inspect', 'outage'] as const)(
    'skips a law that needs %s of the harness',
    async (need) => {
      const { open } = referenceHarness()
      const run = vi.fn()
      const { skipped } = await runLaw(law(run, { needs: [need] }), () => ({ open }))
      expect(skipped).toBe(`the harness has no '${need}'`)
      expect(run).not.toHaveBeenCalled()
    },
  )

  it.each(['stats', 'deleteUser', 'watch', 'lease'] as const)(
    'skips a law that needs %s of the store',
    async (need) => {
      const { notes, factory } = noted()
      const { skipped } = await runLaw(law(vi.fn(), { needs: [need] }), factory)
      expect(skipped).toBe(`the store has no '${need}' (info.features)`)
      expect(notes).toEqual(['open', 'close', 'destroy'])
    },
  )

  it('skips a law that needs shared data', async () => {
    const harness = referenceHarness()
    const open = async () =>
      Object.assign(await harness.open(), { info: { name: '', shared: false, features: [] } })
    const { skipped } = await runLaw(law(vi.fn(), { needs: ['shared'] }), () => ({ ...harness, open }))
    expect(skipped).toMatch(/shared/)
  })

  it("skips what the store's author skips, alone or by the group, for that reason", async () => {
    const factory = vi.fn()
    expect(await runLaw(law(vi.fn()), factory, { skip: { 'group/law': 'why' } })).toEqual({ skipped: 'why' })
    expect(await runLaw(law(vi.fn()), factory, { skip: { 'group/*': 'why' } })).toEqual({ skipped: 'why' })
    expect(factory).not.toHaveBeenCalled()
  })

  it('gives laws a kit with defaults', async () => {
    const harness = referenceHarness()
    const run = async (kit: Kit) => {
      const { id, userId, maxMessages } = await kit.create({ maxMessages: 2, ttlMs: 100 })
      expect([userId, maxMessages]).toEqual(['user', 2])
      await kit.store.commit(id, { append: [kit.message(), kit.message({ role: 'assistant' })] })
      expect((await kit.messages(id)).map(({ seq, role }) => [seq, role])).toEqual([
        [1, 'user'],
        [2, 'assistant'],
      ])
      await kit.pass(100)
      await expect(kit.store.load(id)).rejects.toMatchObject({ code: 'SESSION_EXPIRED' })
      expect((await kit.create({ userId: null })).userId).toBe(null)
    }
    expect(await runLaw(law(run), () => harness)).toEqual({})
  })
})

describe('options.skip', () => {
  it('may name laws and groups that there are, and no others', () => {
    const groups = lawGroups()
    expect(() =>
      checkSkips(groups, { skip: { 'random/*': '', 'random/as-the-reference': '' } }),
    ).not.toThrow()
    expect(() => checkSkips(groups, { skip: { 'random/none': '' } })).toThrow('random/none')
    expect(() => checkSkips(groups, { skip: { random: '' } })).toThrow('random')
  })
})

describe('bind', () => {
  function recorder() {
    const tests = new Map<string, Parameters<Runner['test']>[2]>()
    const groups: string[] = []
    const describe = (name: string, body: () => void) => {
      groups.push(name)
      body()
    }
    return {
      tests,
      groups,
      runner: { describe, test: (name, _, run) => void tests.set(name, run) } satisfies Runner,
    }
  }

  it('registers every law of every group once, under a name of its own', () => {
    const { tests, groups, runner } = recorder()
    bind(runner)('a store', () => referenceHarness())
    expect(groups).toEqual(['a store', ...lawGroups().map(({ name }) => name)])
    expect(tests.size).toBe(lawGroups().flatMap(({ laws }) => laws).length)
    for (const { name, laws } of lawGroups())
      for (const { id } of laws) expect(id.startsWith(`${name}/`)).toBe(true)
  })

  it('tells the runner and prints why a law is skipped', async () => {
    const print = vi.spyOn(console, 'info').mockReturnValue()
    const { tests, runner } = recorder()
    bind(runner)('a store', () => referenceHarness(), { skip: { 'random/*': 'why' } })
    const skip = vi.fn()
    for (const [name, run] of tests) if (name.includes('[random/')) await run(skip)
    expect(skip).toHaveBeenCalledWith('why')
    expect(print).toHaveBeenCalledWith('a store: random/as-the-reference is skipped: why')
  })

  it('refuses a reason for a law that there is not', () => {
    const { runner } = recorder()
    expect(() => bind(runner)('a store', () => referenceHarness(), { skip: { 'no/law': '' } })).toThrow(
      'no/law',
    )
  })
})
