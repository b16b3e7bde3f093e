import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SessionStore } from '@sess/core'
import { type MysqlServer, orSkip, startMysql, startRedis } from '@sess/servers'
import { createMysqlStore } from '@sess/store-mysql'
import { createRedisStore } from '@sess/store-redis'
import { Redis } from 'ioredis'
import type { RowDataPacket } from 'mysql2'
import { afterAll, describe, expect, test } from 'vitest'
import { withCompression, withEncryption } from '../../src/index.ts'
import { KEYS } from '../keys.ts'
import { newMessage, newSession } from '../rig.ts'
import { poolOf } from './servers.ts'

// One word for each place, so that a failure names it. That the dump would show them, a plain session proves.
const PLACES = ['content', 'metadata', 'digest', 'amended', 'context', 'title', 'patched', 'appended', 'long']
const words = (prefix: string) =>
  Object.fromEntries(PLACES.map((place) => [place, `${prefix}-${place}-word`]))

/** Writes in every way there is, a word in each place. */
async function fill(
  store: SessionStore,
  id: string,
  word: { readonly [place: string]: string },
): Promise<void> {
  const { content = '', metadata, digest, amended, context, title, patched, appended, long } = word
  await store.create(
    newSession(id, {
      metadata: { title: title ?? '' },
      context: [['key', { value: context ?? '' }]],
      messages: [{ ...newMessage('m1', content), metadata: { m: metadata ?? '' }, digest: digest ?? '' }],
    }),
  )
  await store.commit(id, {
    append: [newMessage('m2', [appended ?? '']), newMessage('m3', `${long} `.repeat(100)), newMessage('m4')],
    session: { metadata: { more: patched ?? '' } },
  })
  await store.commit(id, { append: [newMessage('m5', 'x')], amend: [{ id: 'm4', content: amended ?? '' }] })
}

/** The words of which a dump shows any trace. */
function found(dump: readonly Buffer[], word: { readonly [place: string]: string }): string[] {
  const forms = (text: string) => [
    text,
    Buffer.from(text).toString('base64').slice(0, -4),
    Buffer.from(text).toString('hex'),
  ]
  return Object.entries(word).flatMap(([place, text]) =>
    forms(text).some((form) => dump.some((part) => part.includes(form))) ? [place] : [],
  )
}

async function write(inner: SessionStore) {
  const [plain, secret, both] = [words('plain'), words('secret'), words('stacked')]
  await fill(inner, 'plain', plain)
  await fill(withEncryption(inner, { keys: KEYS }), 'secret', secret)
  await fill(withCompression(withEncryption(inner, { keys: KEYS }), { minBytes: 1 }), 'stacked', both)
  return { plain, secret, both }
}

function expectHidden(
  dump: readonly Buffer[],
  { plain, secret, both }: Awaited<ReturnType<typeof write>>,
): void {
  expect(found(dump, plain).sort()).toEqual([...PLACES].sort())
  expect(found(dump, secret)).toEqual([])
  expect(found(dump, both)).toEqual([])
}

async function filesUnder(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))))
}

const redis = await orSkip(() => startRedis())
afterAll(() => redis?.stop())

test.skipIf(!redis)(
  'a dump of Redis, and all that its keys hold, shows nothing of what was written',
  async () => {
    if (redis === undefined) return
    const inner = createRedisStore({ url: redis.url })
    const written = await write(inner)
    const client = new Redis(redis.url)
    await client.config('SET', 'rdbcompression', 'no')
    await client.save()
    const [[, dir = ''], [, name = '']] = (await Promise.all([
      client.config('GET', 'dir'),
      client.config('GET', 'dbfilename'),
    ])) as [string[], string[]]
    expectHidden([await readFile(join(dir, name))], written)
    const keys = await client.keys('*')
    const held = await Promise.all(
      keys.map(async (key) => Buffer.from(`${key} ${JSON.stringify(await heldAt(client, key))}`)),
    )
    expectHidden(held, written)
    client.disconnect()
    await inner.close()
  },
)

async function heldAt(client: Redis, key: string): Promise<unknown> {
  const type = await client.type(key)
  if (type === 'hash') return client.hgetall(key)
  if (type === 'list') return client.lrange(key, 0, -1)
  if (type === 'zset') return client.zrange(key, 0, -1, 'WITHSCORES')
  return client.get(key)
}

for (const flavour of ['mariadb', 'mysql'] as const) {
  const server = await orSkip(() =>
    startMysql({ flavour, config: { 'log-bin': 'binlog', 'server-id': '1' } }),
  )
  describe.skipIf(!server)(flavour, () => {
    afterAll(() => server?.stop())
    test('its files, redo and binary log included, show nothing of what was written', async () => {
      const { url } = server as MysqlServer
      const inner = createMysqlStore({ url })
      const written = await write(inner)
      await inner.close()
      const pool = poolOf(server as MysqlServer)
      const [[row]] = await pool.query<RowDataPacket[]>('SELECT @@datadir AS folder')
      await pool.query('FLUSH TABLES sess_sessions, sess_messages, sess_context FOR EXPORT').catch(() => {})
      expectHidden(await filesUnder(row?.folder as string), written)
      await pool.end()
    })
  })
}
