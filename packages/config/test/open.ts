import type { SessionManager, SessionStore, StoreEvent } from '@sess/core'
import { memory } from '@sess/store-memory/config'
import { mysql } from '@sess/store-mysql/config'
import { redis } from '@sess/store-redis/config'
import { afterEach } from 'vitest'
import { type ConfigurableWrapper, type LoadOptions, loadManager, type ManagerOptions } from '../src/index.ts'
import type { Way } from './ways.ts'

const opened: SessionManager[] = []
afterEach(async () => {
  for (const manager of opened.splice(0)) await manager.close()
})

/** Nothing but what is given: no file, no variable. */
export const NOTHING: () => LoadOptions = () => ({ env: {} })

/** A manager as a way says, closed after the test. @param beside what is not what is tested */
export async function open(
  way: () => Way | LoadOptions,
  beside: LoadOptions['overrides'] = {},
  options: ManagerOptions = {},
): Promise<SessionManager> {
  const stores = [memory(), redis(), mysql()]
  const manager = await loadManager({ ...way(), overrides: beside }, { stores, ...options })
  opened.push(manager)
  return manager
}

/** What a store tells, as it comes. */
export function listener() {
  const events: StoreEvent[] = []
  return { onEvent: (event: StoreEvent) => events.push(event), types: () => events.map(({ type }) => type) }
}

/** The code of what a call fails with; `undefined` where it does not. */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  )
}

export interface Call {
  readonly name: string
  readonly values: readonly unknown[]
}

/** A wrapper that writes down what is called. */
export function spy(calls: Call[]): ConfigurableWrapper {
  const get = (store: SessionStore, name: keyof SessionStore) => {
    const member = store[name]
    if (typeof member !== 'function') return member
    return (...values: unknown[]) => {
      calls.push({ name, values })
      return Reflect.apply(member, store, values)
    }
  }
  return {
    wrap: (store) => new Proxy(store, { get: (target, name) => get(target, name as keyof SessionStore) }),
  }
}
