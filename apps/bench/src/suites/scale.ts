import { memory, mysql, redis } from '../server/stores.ts'
import type { Suite } from '../suite.ts'
import { longSession } from './scale/long-session.ts'
import { manySessions } from './scale/many-sessions.ts'

/** Every operation where there is very much: sessions of a store, messages of a session. */
export const scale: Suite = async function* (plan) {
  for (const open of [memory, redis]) yield* on(await open(), (measured) => manySessions(plan, measured))
  for (const open of [memory, redis, mysql])
    yield* on(await open(), (measured) => longSession(plan, measured))
}

async function* on<T extends { stop(): Promise<void> }, R>(
  measured: T | undefined,
  work: (measured: T) => Promise<R>,
) {
  if (measured === undefined) return
  try {
    yield await work(measured)
  } finally {
    await measured.stop()
  }
}
