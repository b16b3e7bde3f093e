import { createInterface } from 'node:readline'
import { createMemoryStore } from '@sess/store-memory'
import { createRedisStore } from '@sess/store-redis'
import { fileJournal, withFailover } from '../../src/index.ts'
import type { ChildSetup } from './failover-process.ts'
import { appendNext } from './writing.ts'

// A process of its own behind a failover. It is told what to do by lines, and says what happens in lines of JSON.
const setup = JSON.parse(process.argv[2] ?? '') as ChildSetup
const say = (line: object) => console.log(JSON.stringify(line))
const primary = createRedisStore({ url: setup.primary, timeout: '300ms' })
const fallback = setup.fallback === null ? createMemoryStore() : createRedisStore(setup.fallback)
const store = withFailover(primary, fallback, {
  writes: 'accept',
  journal: fileJournal(setup.journal),
  firstProbe: '50ms',
  lastProbe: '300ms',
  onEvent: (event) => say({ event: event.type, sessionId: event.sessionId }),
})
let isOver = false
const written = new Map<string, number>()
let writing: Promise<unknown> = Promise.resolve()

const commands: Readonly<Record<string, () => unknown>> = {
  // Until the fallback has what the primary has.
  load: async () => {
    for (const { session } of setup.writers) {
      const { version } = (await store.load(session)).session
      await until(async () => (await fallback.load(session)).session.version === version)
    }
  },
  write: () => {
    isOver = false
    writing = Promise.all(
      setup.writers.map(async ({ session, name }) => {
        while (!isOver) {
          const acknowledged = new Map<string, number>()
          const n = written.get(session) ?? 0
          await appendNext(store, session, `${name}-${n}`, acknowledged)
          written.set(session, n + 1)
          for (const ack of acknowledged) say({ session, ack })
        }
      }),
    )
    return undefined
  },
  rest: () => {
    isOver = true
    return writing
  },
  parked: async () => say({ parked: await store.parked() }),
  state: () => say({ state: store.state }),
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds().catch(() => false))) await new Promise((resolve) => setImmediate(resolve))
}

say({ ready: true })
for await (const line of createInterface(process.stdin)) {
  await commands[line]?.()
  say({ done: line })
}
await store.close()
