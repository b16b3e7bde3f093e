import { message } from '@sess/faults/writing'
import { createMysqlStore } from '@sess/store-mysql'
import { createRedisStore } from '@sess/store-redis'
import { migrate, withDualWrite } from '../../src/index.ts'
import { newSession } from './writing.ts'

// A process of its own between two stores: it migrates, or writes to both while another one does.
export interface MigrateSetup {
  readonly role: 'migrate' | 'write'
  readonly redis: string
  readonly mysql: {
    readonly host: string
    readonly port: number
    readonly user: string
    readonly password: string
    readonly database: string
  }
  readonly sessions: number
}

const setup = JSON.parse(process.argv[2] ?? '') as MigrateSetup
const say = (line: object) => console.log(JSON.stringify(line))
const from = createRedisStore({ url: setup.redis, timeout: '30s' })
const to = createMysqlStore({ ...setup.mysql, timeout: '30s' })
if (setup.role === 'migrate') {
  say({ migrated: await migrate(from, to, { onProgress: (progress) => say({ progress }) }) })
  await Promise.all([from.close(), to.close()])
} else {
  const both = withDualWrite(from, to, { onEvent: (event) => say({ event }) })
  let isOver = false
  let writes = 0
  process.stdin.once('data', () => {
    isOver = true
  })
  const writer = async (name: number) => {
    for (let n = 0; !isOver; n++) {
      const id = `s${Math.floor(Math.random() * setup.sessions)}`
      const own = `w${name}-${n}`
      await both.commit(id, {
        append: [message(own)],
        set: [[`key${n % 5}`, n]],
        session: { metadata: { last: own } },
      })
      if (n % 7 === 0) await both.commit(id, { cut: { newest: 1 }, unset: ['key0'] })
      if (n % 11 === 0) await both.create(newSession(own, { messages: [message('first')] }))
      if (n % 22 === 0) await both.delete(own)
      writes++
      if (writes % 100 === 0) say({ writes })
    }
  }
  await Promise.all([0, 1, 2, 3].map(writer))
  say({ writes })
  await both.close()
  process.stdin.destroy()
}
