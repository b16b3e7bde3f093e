import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { message } from '@sess/faults'
import { startMysql, startRedis } from '@sess/servers'
import { createMysqlStore } from '@sess/store-mysql'
import { createRedisStore } from '@sess/store-redis'
import { expect, onTestFinished, test } from 'vitest'
import { compare, type Difference, type Migrated, type MigrateProgress } from '../../src/index.ts'
import { kept, lend, newSession } from './fire.ts'
import type { MigrateSetup } from './migrate-child.ts'

/** By hand: `MIGRATE_SESSIONS=10000`. */
const SESSIONS = Number(process.env.MIGRATE_SESSIONS ?? 300)

test('sessions under load, the migration killed three times: both stores end the same', {
  timeout: 600_000,
}, async (context) => {
  const redis = await lend(context, () => startRedis({ flavour: 'redis' }))
  const mysql = await lend(context, () => startMysql({ flavour: 'mariadb' }))
  const { host, port, user, password, database } = mysql
  const address = { host, port, user, password, database }
  const from = kept(createRedisStore({ url: redis.url, timeout: '30s' }))
  const to = kept(createMysqlStore({ ...address, timeout: '30s' }))
  for (let i = 0; i < SESSIONS; i += 100)
    await Promise.all(Array.from({ length: 100 }, (_, j) => from.create(seeded(i + j))))
  // The tables are there before two processes would make them at once.
  expect((await to.health()).ok).toBe(true)
  await expect(to.load('nowhere')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })

  const setup = { redis: redis.url, mysql: address, sessions: SESSIONS }
  const writer = run({ ...setup, role: 'write' })
  await expect.poll(() => writer.last.writes ?? 0).toBeGreaterThan(0)
  for (const part of [0.2, 0.5, 0.8]) {
    const migration = run({ ...setup, role: 'migrate' })
    await expect
      .poll(() => migration.last.progress?.sessions ?? 0, { interval: 1, timeout: 300_000 })
      .toBeGreaterThan(SESSIONS * part)
    expect(migration.last.progress?.phase).toBe('copy')
    await migration.kill()
  }
  const migration = run({ ...setup, role: 'migrate' })
  await migration.ended
  const { migrated } = migration.last
  const before = writer.last.writes ?? 0
  await expect.poll(() => writer.last.writes ?? 0, { timeout: 60_000 }).toBeGreaterThan(before)
  await writer.stop()
  const differences: Difference[] = []
  for await (const found of compare(from, to)) differences.push(found)
  expect(differences).toEqual([])
  // What the killed ones had copied was not copied again.
  expect(migrated?.copied ?? SESSIONS).toBeLessThan(SESSIONS * 0.5)
  expect((await from.stats?.())?.sessions).toBe((await to.stats?.())?.sessions)
  console.info(
    `${SESSIONS} sessions, ${writer.last.writes} writes meanwhile, last run: ${JSON.stringify(migrated)}`,
  )
})

interface Said {
  progress?: MigrateProgress
  migrated?: Migrated
  writes?: number
}

const module = fileURLToPath(new URL('migrate-child.ts', import.meta.url))

function run(setup: MigrateSetup) {
  const child = spawn(process.execPath, ['--import', 'tsx', module, JSON.stringify(setup)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const ended = once(child, 'exit')
  const last: Said = {}
  createInterface(child.stdout).on('line', (line) => Object.assign(last, JSON.parse(line)))
  return {
    last,
    ended,
    async stop() {
      child.stdin.write('stop\n')
      await ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function seeded(i: number) {
  return newSession(`s${i}`, {
    userId: i % 10 === 0 ? null : `user${i % 50}`,
    metadata: { title: `session ${i}` },
    ttlMs: i % 3 === 0 ? 86_400_000 : null,
    sliding: i % 6 === 0,
    context: [
      ['number', i],
      ['sess:wrapper', { of: i }],
    ],
    messages: Array.from({ length: i % 100 === 0 ? 300 : 3 }, (_, j) => message(`m${j}`)),
  })
}
