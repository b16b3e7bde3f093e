import type { SessionStore } from '@sess/core'
import { expect } from 'vitest'
import type { Acknowledged } from './writing.ts'

/** Some writers at once, each appending one message after another until told to stop: `w0-0`, `w0-1`, … */
export function startLoad(
  writers: readonly { store: SessionStore; session: string }[],
  write: (store: SessionStore, session: string, id: string, acknowledged: Acknowledged) => Promise<unknown>,
) {
  const acknowledged = new Map<string, Acknowledged>(writers.map(({ session }) => [session, new Map()]))
  let isOver = false
  const done = Promise.all(
    writers.map(async ({ store, session }, w) => {
      for (let n = 0; !isOver; n++)
        await write(store, session, `w${w}-${n}`, acknowledged.get(session) as Acknowledged)
    }),
  )
  done.catch(() => {})
  const count = () => [...acknowledged.values()].reduce((sum, { size }) => sum + size, 0)
  return {
    acknowledged,
    count,
    /** Waits until so many more were acknowledged. */
    async more(wanted: number): Promise<void> {
      const enough = count() + wanted
      await Promise.race([done, expect.poll(count).toBeGreaterThan(enough)])
    },
    /** Lets each writer end what it is about. */
    async stop(): Promise<void> {
      isOver = true
      await done
    },
  }
}
