import { SessError, type SessionStore } from '@sess/core'

type Call = 'create' | 'load' | 'commit' | 'delete' | 'list'

/** Counts the calls that reach a store. */
export function counting(store: SessionStore): {
  readonly store: SessionStore
  take(): Record<string, number>
} {
  let counts: Record<string, number> = {}
  return {
    store: around(store, (name, call) => {
      counts[name] = (counts[name] ?? 0) + 1
      return call()
    }),
    take() {
      const taken = counts
      counts = {}
      return taken
    },
  }
}

/** Applies the next call of a name, as often as told, and loses its answer. */
export function losing(store: SessionStore): {
  readonly store: SessionStore
  readonly lost: string[]
  lose(name: Call, times?: number): void
} {
  const due: string[] = []
  const lost: string[] = []
  return {
    lost,
    lose: (name, times = 1) => due.push(...Array(times).fill(name)),
    store: around(store, async (name, call) => {
      const result = await call()
      const at = due.indexOf(name)
      if (at < 0) return result
      lost.push(...due.splice(at, 1))
      throw new SessError('STORE_UNAVAILABLE', `${name}: no answer`, { outcome: 'unknown' })
    }),
  }
}

/** Runs something once, just before the next call of a name reaches the store. */
export function interrupting(store: SessionStore): {
  readonly store: SessionStore
  before(name: Call, work: () => Promise<unknown>): void
} {
  const due: { readonly name: Call; readonly work: () => Promise<unknown> }[] = []
  return {
    before: (name, work) => void due.push({ name, work }),
    store: around(store, async (name, call) => {
      const at = due.findIndex((one) => one.name === name)
      if (at >= 0) await due.splice(at, 1)[0]?.work()
      return call()
    }),
  }
}

function around(
  store: SessionStore,
  each: (name: string, call: () => Promise<unknown>) => Promise<unknown>,
): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => each(String(name), () => member.apply(target, args))
    },
  })
}
