import type { Json, Message, NewMessage, NewSession, SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { newSession as emptySession } from '@sess/testkit'
import { type EncryptionOptions, withEncryption } from '../src/index.ts'
import { KEYS } from './keys.ts'

/** A session of a user's. */
export const newSession = (id: string, more: Partial<NewSession> = {}): NewSession =>
  emptySession(id, { userId: 'u', ...more })

export const newMessage = (id: string, content: Json = `content of ${id}`): NewMessage => ({
  id,
  role: 'user',
  content,
  metadata: { of: id },
})

/** A memory store, and what looks at it through encryption: one process, or with `open` several. */
export function rig(options: Partial<EncryptionOptions> = {}) {
  const inner = createMemoryStore()
  const open = (more: Partial<EncryptionOptions> = {}) =>
    withEncryption(inner, { keys: KEYS, ...options, ...more })
  return { inner, store: open(), open }
}

/** A session with one of everything. */
export const FULL: Partial<NewSession> = {
  metadata: { title: 'the title' },
  context: [['key', { secret: 'the value' }]],
  messages: [newMessage('m1'), newMessage('m2', ['parts', { of: 'the second' }])],
}

export async function messagesOf(store: SessionStore, id: string): Promise<readonly Message[]> {
  return (await store.load(id, { messages: { last: 1000 } })).messages ?? []
}

/** The calls that a store gets. */
export function counted(store: SessionStore) {
  const calls: string[] = []
  const counting = new Proxy(store, {
    get(target, member) {
      const value = Reflect.get(target, member)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        calls.push(String(member))
        return value.apply(target, args)
      }
    },
  })
  return { store: counting, calls }
}

/** A store of which some members are others. */
export function replaced(store: SessionStore, members: Partial<SessionStore>): SessionStore {
  return new Proxy(store, {
    get(target, member) {
      const value = Reflect.get(members, member) ?? Reflect.get(target, member)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
