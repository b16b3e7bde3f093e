import { isSessError } from '@sess/core'
import { startMysql } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import {
  type Acknowledged,
  append,
  appendSurely,
  clientOf,
  committing,
  endOf,
  errorOf,
  expectKept,
  expectLog,
  holdCommits,
  lend,
  message,
  newSession,
  range,
  startLoad,
  storeOn,
  strangers,
} from './faults.ts'

// A server syncs each commit to disk by default: what is acknowledged outlives the machine.
describe('kill -9 of the server in the middle of concurrent appends', { timeout: 60_000 }, () => {
  test.for(['mariadb', 'mysql'] as const)(
    '%s: nothing acknowledged is lost, what failed is told truly, and the store goes on by itself',
    async (flavour, context) => {
      const server = await lend(context, () => startMysql({ flavour }))
      const store = storeOn({ url: server.url })
      const sessions = ['s', 't', 'u']
      for (const session of sessions) await store.create(newSession(session))
      for (let round = 0; round < 2; round++) {
        const writers = range(16).map((w) => ({ store, session: sessions[w % 3] as string }))
        const failed = new Map<string, { session: string; outcome: string }>()
        const isDone = new Set<string>()
        const load = startLoad(writers, async (through, session, name, acknowledged) => {
          const id = `${round}-${name}`
          const writer = name.split('-')[0] as string
          if (isDone.has(writer)) return new Promise((resolve) => setImmediate(resolve))
          const error = await append(through, session, id, acknowledged, turnOf(id))
          if (!isSessError(error)) return
          failed.set(id, { session, outcome: error.outcome })
          isDone.add(writer)
        })
        await load.more(300)
        await server.kill()
        await expect.poll(() => isDone.size).toBe(16)
        await load.stop()
        await server.restart()
        await expect.poll(() => store.health()).toMatchObject({ ok: true })
        for (const session of sessions) {
          const acknowledged = load.acknowledged.get(session) as Acknowledged
          const messages = await expectKept(store, session, acknowledged)
          // What failed as `none` is not there; what is there and was not acknowledged failed as `unknown`.
          for (const id of strangers(messages, acknowledged).filter((one) => one.startsWith(`${round}-`)))
            expect(failed.get(id)).toMatchObject({ session, outcome: 'unknown' })
          // Repeated, each is stored once.
          const mine = [...failed].filter(([, one]) => one.session === session).map(([id]) => id)
          await Promise.all(mine.map((id) => appendSurely(store, session, id, acknowledged, turnOf(id))))
          const all = await expectKept(store, session, acknowledged)
          expect(strangers(all, acknowledged).filter((id) => id.startsWith(`${round}-`))).toEqual([])
          // What belongs to a turn is there with it, and only with it.
          const { context: entries = [] } = await store.load(session, { context: true })
          const turns = all.map(({ id }) => id).filter((id) => turnOf(id).set !== undefined)
          expect(entries.map(([key]) => key).sort()).toEqual(turns.sort())
        }
      }
      const replayed = await store.commit('s', { append: [await firstOf(store)] })
      expect(replayed).toMatchObject({ replayed: true, messages: [{ seq: 1 }] })
    },
  )

  test('a commit that the server was about is of unknown outcome, and one before it of none', async (context) => {
    const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
    const look = clientOf(server)
    const store = storeOn({ url: server.url, timeout: '10m' })
    for (const id of ['s', 't', 'u']) await store.create(newSession(id, { messages: [message('m')] }))
    const holder = await look.getConnection()
    await holder.query('START TRANSACTION')
    await holder.query("SELECT 1 FROM sess_sessions WHERE id = 'u' FOR UPDATE")
    await holdCommits(look)
    const calls = [
      errorOf(store.commit('s', { append: [message('n')] })),
      errorOf(store.commit('t', { cut: { newest: 1 } })),
    ]
    await expect.poll(async () => (await committing(look)).length).toBe(2)
    const before = endOf(store.commit('u', { append: [message('n')], set: [['k', 1]] }))
    await server.kill()
    expect(await Promise.all(calls)).toMatchObject([
      { code: 'STORE_UNAVAILABLE', outcome: 'unknown', messageIds: ['n'] },
      { code: 'STORE_UNAVAILABLE', outcome: 'unknown' },
    ])
    expect(await before).toEqual(['STORE_UNAVAILABLE', 'none'])
    await server.restart()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    for (const id of ['s', 't', 'u']) expect(await expectLog(store, id)).toHaveLength(1)
    await store.commit('s', { append: [message('n')] })
    expect(await expectLog(store, 's')).toHaveLength(2)
  })
})

/** What a writer of even number writes besides, which makes of a plain append a turn. */
function turnOf(id: string) {
  const [, writer = ''] = id.split('-')
  return Number(writer.slice(1)) % 2 === 0 ? { set: [[id, true]] as const } : {}
}

async function firstOf(store: ReturnType<typeof storeOn>) {
  const { messages = [] } = await store.load('s', { messages: { afterSeq: 0, limit: 1 } })
  return message(messages[0]?.id ?? '')
}
