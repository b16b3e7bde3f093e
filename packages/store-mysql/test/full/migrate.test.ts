import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type MysqlServer, orSkip, startMysql } from '@sess/servers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createMysqlStore } from '../../src/index.ts'
import { lookAt, stop } from '../harness.ts'

const module = fileURLToPath(new URL('migrate-child.ts', import.meta.url))

describe('processes', { timeout: 120_000 }, () => {
  test('20 of them start at once on an empty database', async () => {
    const servers = await Promise.all(
      (['mariadb', 'mysql'] as const).map((flavour) => orSkip(() => startMysql({ flavour }))),
    )
    const started = servers.filter((server) => server !== undefined)
    for (const server of started) onTestFinished(() => stop(server))
    const ids = Array.from({ length: 20 }, (_, i) => `s${i}`)
    // Each process for both servers, since twenty take long to start.
    const children = await Promise.all(ids.map((id) => startChild([id, ...started.map(({ url }) => url)])))
    for (const server of started) await migrateAtOnce(server, children, ids)
    await Promise.all(children.map(({ ended }) => ended))
    expect(children.map(({ child }) => child.exitCode)).toEqual(Array(20).fill(0))
  })
})

async function migrateAtOnce(
  server: MysqlServer,
  children: readonly Awaited<ReturnType<typeof startChild>>[],
  ids: readonly string[],
): Promise<void> {
  const told = children.map(({ lines }) => once(lines, 'line'))
  for (const { child } of children) child.stdin?.write('go\n')
  const applied = (await Promise.all(told)).map(([line]) => JSON.parse(line))
  // Of those that came first, several may have done the same.
  for (const versions of applied) expect([[], [1]]).toContainEqual(versions)
  expect(applied).toContainEqual([1])
  const store = createMysqlStore({ url: server.url, migrate: 'check' })
  onTestFinished(() => store.close())
  const { sessions } = await store.list({ all: true, limit: 100 })
  expect(sessions.map(({ id }) => id)).toEqual([...ids].sort())
  expect((await lookAt(server).query('SELECT version FROM sess_schema'))[0]).toEqual([{ version: 1 }])
}

async function startChild(args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', module, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const failed = ended.then(([code]) => {
    throw new Error(`the process ended with ${code} before it was ready`)
  })
  failed.catch(() => {})
  await Promise.race([once(lines, 'line'), failed])
  return { child, lines, ended }
}
