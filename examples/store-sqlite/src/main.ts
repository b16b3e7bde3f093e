import { loadManager } from '@sess/config'
import { memory } from '@sess/store-memory/config'
import { sqlite } from './config.ts'

// `pnpm -C examples/store-sqlite start`: each run finds what the runs before it said.
const sessions = await loadManager(process.argv[2] ?? 'sess.yaml', { stores: [memory(), sqlite()] })
const { id } = await sessions.openSession('user123', 'the-only-one')
await sessions.addMessage(id, { role: 'user', content: `Hello at ${new Date().toISOString()}` })
for (const { seq, content } of await sessions.getMessages(id, { last: 5 })) console.log(seq, content)
await sessions.close()
