import { createMysqlStore } from '../../src/index.ts'
import { newSession } from '../new-session.ts'

// A process of its own whose first call finds an empty database. Its arguments are the server's URL and the session
// to create. Says `ready`, waits for a line, and says which migrations it applied.
const [url = '', id = ''] = process.argv.slice(2)
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
console.log('ready')
await new Promise((resolve) => process.stdin.once('data', resolve))
await store.create(newSession(id))
console.log(JSON.stringify(applied))
await store.close()
process.stdin.destroy()
