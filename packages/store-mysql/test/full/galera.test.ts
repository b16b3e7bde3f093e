import type { Change, SessionStore } from '@sess/core'
import { type MysqlServer, startGalera } from '@sess/servers'
import type { Pool } from 'mysql2/promise'
import { describe, expect, type TestContext, test } from 'vitest'
import {
  type Acknowledged,
  append,
  appendSurely,
  clientOf,
  errorOf,
  expectKept,
  lend,
  message,
  newSession,
  range,
  retries,
  rowsOf,
  startLoad,
  storeOn,
  strangers,
} from './faults.ts'

const sessions = ['a', 'b', 'c']

describe('a Galera cluster of three nodes', { timeout: 120_000 }, () => {
  test('writes on all nodes at once to the same sessions, and one node killed: nothing acknowledged is lost', async (context) => {
    const { nodes, looks, stores, events } = await cluster(context, '30s')
    for (const session of sessions) await stores[0]?.create(newSession(session))
    const [first, second] = [stores[0] as SessionStore, stores[1] as SessionStore]
    let away: SessionStore | undefined
    let moved = 0
    const writers = range(18).map((w) => ({
      store: stores[w % 3] as SessionStore,
      session: sessions[Math.floor(w / 3) % 3] as string,
    }))
    const load = startLoad(writers, async (through, session, id, acknowledged) => {
      const more = id.endsWith('1') ? { set: [[id, true]] as const } : {}
      if (through !== away) {
        const error = await append(through, session, id, acknowledged, more)
        if (error === undefined) return
        // Nothing fails while its node lives, whatever it meets.
        if (through !== stores[2]) throw error
        away = through
        moved++
      }
      await appendSurely(second, session, id, acknowledged, more)
    })
    await load.more(600)
    expect(await conflicts(looks)).toBeGreaterThan(0)
    expect(events.count).toBeGreaterThan(0)
    const [, , third] = nodes
    await third?.kill()
    await load.more(600)
    await load.stop()
    expect(moved).toBeGreaterThan(0)
    await expectEverywhere([first, second], load.acknowledged)

    // It gets what it missed, and its store works again by itself.
    await third?.restart()
    const back = stores[2] as SessionStore
    await expect.poll(() => back.health()).toMatchObject({ ok: true })
    await expectEverywhere(stores, load.acknowledged)
    const { messages } = await back.commit('a', { append: [message('late')] })
    load.acknowledged.get('a')?.set('late', messages[0]?.seq ?? 0)
    await expectEverywhere(stores, load.acknowledged)
  })

  test('what one node acknowledged is there on every other at once, also where that lags behind', async (context) => {
    const { looks, stores } = await cluster(context, '30s')
    await looks[0]?.query('CREATE TABLE busy (id INT PRIMARY KEY, n INT)')
    const rows = range(20_000).map((id) => `(${id}, 0)`)
    await looks[0]?.query(`INSERT INTO busy VALUES ${rows.join()}`)
    for (const i of range(3)) {
      const writer = stores[i % 3] as SessionStore
      const reader = stores[(i + 1) % 3] as SessionStore
      // What the others are to do first: they have it, and take their time.
      const lag = () => looks[i % 3]?.query('UPDATE busy SET n = n + 1')
      const id = `s${i}`
      await reader.create(newSession(id))
      await reader.commit(id, { append: [message('m')] })
      await lag()
      await writer.commit(id, { append: [message('n')] })
      expect((await reader.load(id)).session).toMatchObject({ version: 3, lastSeq: 2 })
      await lag()
      await writer.commit(id, { append: [message('o')] })
      // It knows the session as it was.
      const condition = { if: { lastSeq: 3 } }
      expect((await reader.commit(id, { append: [message('p')] }, condition)).lastSeq).toBe(4)
      await lag()
      await writer.commit(id, { append: [message('q')] })
      expect((await reader.commit(id, { append: [message('q')] })).replayed).toBe(true)
      await lag()
      await writer.create(newSession(`other${i}`, { userId: 'u' }))
      expect(await reader.count('u')).toBe(i + 1)
      await lag()
      expect(await writer.delete(id)).toBe(true)
      await expect(reader.load(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    }
  })

  test('of commits with the same condition on all nodes at once one wins', async (context) => {
    const { stores } = await cluster(context, '30s')
    await stores[0]?.create(newSession('s'))
    for (const lastSeq of range(40)) {
      const ends = await Promise.allSettled(
        stores.map((store, i) =>
          store.commit('s', { append: [message(`${lastSeq}-${i}`)] }, { if: { lastSeq } }),
        ),
      )
      const lost = ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason)
      expect(lost).toMatchObject([{ code: 'CONFLICT' }, { code: 'CONFLICT' }])
    }
    await stores[0]?.commit('s', { set: [['k', 0]] })
    // Not safe to repeat, but for what surely was not applied.
    const cuts = await Promise.all(
      range(30).map((i) => (stores[i % 3] as SessionStore).commit('s', { cut: { newest: 1 } })),
    )
    expect(new Set(cuts.flatMap(({ removed }) => removed.map(({ id }) => id))).size).toBe(30)
    expect((await stores[1]?.load('s'))?.session.messageCount).toBe(10)
  })

  test('a transaction that a node undoes while it answers a read, and does not say so, is done again', async (context) => {
    const { nodes } = await lend(context, () => startGalera({ nodes: 1 }))
    const [node] = nodes as [MysqlServer]
    const other = storeOn({ url: node.url })
    await other.create(newSession('s', { messages: range(5).map((i) => message(`m${i}`)) }))
    const client = clientOf(node)
    let meanwhile: Change = { set: [['other', 'theirs']] }
    const undo = undoing(client, () => other.commit('s', meanwhile))
    const store = storeOn({ pool: client })
    // It looks at the tables first.
    await store.load('s')
    const versionOf = async () => (await other.load('s')).session.version
    // After the session, the message, the context, the range and what is cut.
    for (const i of range(5)) {
      const version = await versionOf()
      const change = { append: [message(`n${i}`)], set: [['k', i]], cut: { oldest: 1 } } as const
      undo.after(i + 1)
      expect(await errorOf(store.commit('s', change, { if: { version } }))).toMatchObject({
        code: 'CONFLICT',
      })
      expect(undo.isDone).toBe(true)
      expect(await versionOf()).toBe(version + 1)
      undo.after(i + 1)
      const answer = await store.commit('s', change)
      expect(answer).toMatchObject({ version: version + 3, removed: [{ id: `m${i}` }] })
      expect(undo.isDone).toBe(true)
    }
    // Appends to a session that is not as it is known.
    for (const id of ['o', 'p']) {
      const { version } = await other.commit('s', { set: [['k', id]] })
      undo.after(1)
      expect((await store.commit('s', { append: [message(id)] })).version).toBe(version + 2)
      expect(undo.isDone).toBe(true)
    }
    // One that is there already, though not in the session that was read.
    meanwhile = { append: [message('q')] }
    undo.after(1)
    const again = await store.commit('s', { ...meanwhile, unset: ['none'] })
    expect(again).toMatchObject({ replayed: true, lastSeq: 13, version: await versionOf() })
    // A transaction that nobody is in the way of is found where it was, also one that was never begun.
    const events = retries()
    const own = storeOn({ url: node.url, onEvent: events.onEvent })
    expect(await own.commit('s', { append: [message('r')] })).toMatchObject({ lastSeq: 14 })
    expect(await own.commit('s', { set: [['k', 'r']] })).toMatchObject({ version: again.version + 2 })
    expect(events.count).toBe(0)
    const { session, messages } = await other.load('s', { messages: { last: 10 } })
    expect(session).toMatchObject({ messageCount: 9, lastSeq: 14, version: again.version + 2 })
    expect(messages?.map(({ seq, id }) => [seq, id])).toEqual(
      ['n0', 'n1', 'n2', 'n3', 'n4', 'o', 'p', 'q', 'r'].map((id, i) => [i + 6, id]),
    )
  })
})

/** Undoes the transaction after the n-th read to come, lets others go first, and does not say so. */
function undoing({ pool }: Pool, others: () => Promise<unknown>) {
  let left = 0
  pool.on('connection', (connection) => {
    const execute = connection.execute.bind(connection) as (...args: unknown[]) => unknown
    const undone = (statement: { sql: string }, done: (error: unknown, rows: unknown) => void) =>
      execute(statement, (error: unknown, rows: unknown) => {
        if (!/^SELECT .* FROM/is.test(statement.sql) || --left !== 0) return done(error, rows)
        connection.query('ROLLBACK', () => void others().then(() => done(error, rows)))
      })
    Object.assign(connection, { execute: undone })
  })
  return {
    after(reads: number) {
      left = reads
    },
    get isDone() {
      return left <= 0
    },
  }
}

/** A cluster whose nodes wait for what others acknowledged, with a store on each that reaches no other. */
async function cluster(context: TestContext, timeout: string) {
  const { nodes } = await lend(context, () => startGalera({ config: { 'wsrep-sync-wait': '1' } }))
  const events = retries()
  const stores = nodes.map(({ url }) => storeOn({ url, timeout, onEvent: events.onEvent }))
  const looks = nodes.map(clientOf)
  await stores[0]?.count('u')
  // One that is killed while it makes tables cannot come back.
  for (const store of stores) await store.count('u')
  return { nodes, looks, stores, events }
}

/** How many transactions lost against one of another node. */
async function conflicts(looks: readonly ReturnType<typeof clientOf>[]): Promise<number> {
  const counts = await Promise.all(
    looks.flatMap((look) =>
      ['wsrep_local_cert_failures', 'wsrep_local_bf_aborts'].map((name) =>
        rowsOf(look, `SHOW GLOBAL STATUS LIKE '${name}'`),
      ),
    ),
  )
  return counts.reduce((sum, [row]) => sum + Number(row?.Value), 0)
}

/** Each node has all that was acknowledged, and nothing else. */
async function expectEverywhere(
  stores: readonly SessionStore[],
  acknowledged: ReadonlyMap<string, Acknowledged>,
): Promise<void> {
  for (const store of stores)
    for (const [session, seqs] of acknowledged)
      expect(strangers(await expectKept(store, session, seqs), seqs)).toEqual([])
}
