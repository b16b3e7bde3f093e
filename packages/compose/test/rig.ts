import {
  type Message,
  type NewMessage,
  type NewSession,
  SessError,
  type SessionStore,
  type StoreEvent,
} from '@sess/core'
import { newSession as emptySession } from '@sess/testkit'

/** A session of a user's. */
export const newSession = (id: string, more: Partial<NewSession> = {}): NewSession =>
  emptySession(id, { userId: 'u', ...more })

export const message = (id: string): NewMessage => ({
  id,
  role: 'user',
  content: `text of ${id}`,
  metadata: {},
})

export const messages = (count: number, prefix = 'm'): NewMessage[] =>
  Array.from({ length: count }, (_, i) => message(`${prefix}${i}`))

/** All messages of a session by id, oldest first. */
export async function idsOf(store: SessionStore, id: string): Promise<string[]> {
  const found: Message[] = []
  for (;;) {
    const { messages = [] } = await store.load(id, {
      messages: { afterSeq: found.at(-1)?.seq ?? 0, limit: 1000 },
    })
    if (messages.length === 0) return found.map((one) => one.id)
    found.push(...messages)
  }
}

/** Events by type. */
export function recorder() {
  const events: StoreEvent[] = []
  return {
    onEvent: (event: StoreEvent) => void events.push(event),
    of: (type: string) => events.filter((event) => event.type === type),
  }
}

type Member = 'create' | 'load' | 'commit' | 'delete' | 'list' | 'count' | 'sweep'

/** A store that can be taken away, that counts its calls, and whose calls can be held up. */
export function switched(store: SessionStore) {
  const state = {
    isOut: false,
    /** Applied, but nobody is told. */
    isUnsure: false,
    /** Applied when it is too late, by those who wait here; nobody is told. */
    late: undefined as (() => Promise<unknown>)[] | undefined,
    calls: [] as string[],
    /** Waited for before each call. */
    gate: Promise.resolve() as Promise<unknown>,
  }
  const out = (member: string, outcome: 'none' | 'unknown') =>
    new SessError('STORE_UNAVAILABLE', `${member}: taken away`, { outcome })
  const proxy = new Proxy(store, {
    get(target, member: Member | 'health' | 'close' | 'info') {
      const value: unknown = Reflect.get(target, member)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        if (state.late !== undefined && member !== 'health') {
          state.late.push(() => value.apply(target, args))
          throw out(member, 'unknown')
        }
        if (member === 'close') return store.close()
        if (member === 'health' && state.isOut)
          return { ok: false, latencyMs: 0, error: out('health', 'none') }
        state.calls.push(member)
        await state.gate
        if (state.isUnsure) await value.apply(target, args)
        if (state.isOut || state.isUnsure) throw out(member, state.isUnsure ? 'unknown' : 'none')
        return value.apply(target, args)
      }
    },
  })
  return { store: proxy, state }
}

/** A promise, and the way to fulfil it. */
export function gate(): { readonly promise: Promise<void>; open(): void } {
  let open = () => {}
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, open: () => open() }
}
