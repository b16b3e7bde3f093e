import { execFile } from 'node:child_process'
import { mkdir, rename } from 'node:fs/promises'
import { promisify } from 'node:util'
import { startMysql } from '@sess/servers'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import {
  clientOf,
  endOf,
  errorOf,
  expectLog,
  lend,
  message,
  newSession,
  range,
  rowsOf,
  storeOn,
} from './faults.ts'

const run = promisify(execFile)

describe('a full disk', { timeout: 60_000 }, () => {
  test('is unavailable and told at once, nothing of it is done, reads go on; works once there is room', async (context) => {
    const { server, grow } = await onSmallDisk(context, 72)
    // Long: nothing here ends by it.
    const store = storeOn({ url: server.url, timeout: '10m' })
    await store.create(newSession('s'))
    await store.create(newSession('t', { messages: [message('m')] }))
    // Small ones: a row that goes on in pages of its own ends MariaDB 10.11 itself where there is no room for them.
    const turn = (n: number) =>
      range(60).map((i) => ({ ...message(`m${n}-${i}`), metadata: { filler: 'x'.repeat(3000) } }))
    let turns = 0
    let error: unknown
    while (error === undefined && turns < 1000) {
      error = await errorOf(store.commit('s', { append: turn(turns) }))
      if (error === undefined) turns++
    }
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'none' })
    expect(String(error)).toContain('no room')
    const calls = [
      store.commit('s', { append: turn(turns), set: [['k', 1]] }),
      store.create(newSession('u', { messages: turn(turns) })),
    ]
    for (const end of await Promise.all(calls.map(endOf))) expect(end).toEqual(['STORE_UNAVAILABLE', 'none'])
    expect(await expectLog(store, 's')).toHaveLength(60 * turns)
    expect((await store.load('s', { context: true })).context).toEqual([])
    await expect(store.load('u')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    // What frees room is taken.
    expect(await store.delete('t')).toBe(true)

    await grow(128)
    await store.commit('s', { append: turn(turns), set: [['k', 1]] })
    expect(await expectLog(store, 's')).toHaveLength(60 * (turns + 1))
    // What it wrote when it had none left is whole.
    await server.restart()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    expect(await expectLog(store, 's')).toHaveLength(60 * (turns + 1))
  })
})

/** A server whose data lies on a disk of so many MiB. Skipped where none can be mounted. */
async function onSmallDisk(context: TestContext, size: number) {
  if (process.getuid?.() !== 0) return context.skip('a small disk needs root to mount it')
  const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
  const [row] = await rowsOf(clientOf(server), 'SELECT @@datadir AS folder')
  const folder = String(row?.folder).replace(/\/$/, '')
  await server.kill()
  await rename(folder, `${folder}-whole`)
  await mkdir(folder)
  const mount = (options: string) => run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  const refused = await errorOf(mount(`size=${size}m`))
  if (refused !== undefined) return context.skip(`no disk can be mounted: ${refused}`)
  onTestFinished(async () => {
    await server.kill()
    await run('umount', [folder])
  })
  // Its log has its room beforehand, as on any disk: without, a server ends itself.
  await run('cp', ['-r', '--sparse=never', `${folder}-whole/.`, folder])
  await server.restart()
  return { server, grow: (to: number) => mount(`remount,size=${to}m`) }
}
