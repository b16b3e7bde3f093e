import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { NoServerError, orSkip, startGalera, startMysql, startRedis } from '../src/index.ts'

afterEach(() => vi.unstubAllEnvs())

/** A machine with an empty cache and no commands. */
async function bareMachine(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sess-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  vi.stubEnv('SESS_SERVERS_CACHE', folder)
  vi.stubEnv('PATH', folder)
}

test('where no way works, the error says what was tried', async () => {
  await bareMachine()
  const failures = [
    [startRedis({ flavour: 'valkey' }), /^valkey .*PATH: no valkey-server; packages: no apt-get/],
    [startMysql({ flavour: 'mysql' }), /^mysql .*PATH: no mysqld; packages: no apt-get/],
    [startGalera(), /^mariadb .*PATH: no mariadbd; packages: no apt-get/],
  ] as const
  for (const [failure, words] of failures) {
    await expect(failure).rejects.toBeInstanceOf(NoServerError)
    await expect(failure).rejects.toThrow(words)
  }
})

test('a suite is skipped with a loud line, and fails under CI', async () => {
  await bareMachine()
  const line = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => line.mockRestore())
  const start = () => startRedis({ flavour: 'redis' })
  vi.stubEnv('CI', '')
  expect(await orSkip(start)).toBeUndefined()
  expect(line).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('SKIPPED, NO SERVER: redis'))
  vi.stubEnv('CI', 'true')
  await expect(orSkip(start)).rejects.toBeInstanceOf(NoServerError)
})

test('other errors are no reason to skip', async () => {
  vi.stubEnv('CI', '')
  await expect(orSkip(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
})
