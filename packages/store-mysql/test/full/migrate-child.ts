import { createInterface } from 'node:readline'
import { newSession } from '@sess/testkit'
import { createMysqlStore } from '../../src/index.ts'

// A process of its own that finds empty databases. Its arguments are the session to create and the servers' URLs. Says
// `ready`; then, for each server, waits for a line, makes its first call and says which migrations that applied.
const [id = '', ...urls] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
console.log('ready')
for (const url of urls) {
  await lines.next()
  const applied: unknown[] = []
  const store = createMysqlStore({
    url,
    // Twenty that start on one machine take their time.
    timeout: '30s',
    maxOpenConns: 1,
    onEvent: ({ type, detail }) => {
      if (type === 'migrated') applied.push(detail?.version)
    },
  })
  await store.create(newSession(id))
  console.log(JSON.stringify(applied))
  await store.close()
}
process.stdin.destroy()
