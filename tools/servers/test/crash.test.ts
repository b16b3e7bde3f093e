import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { until } from '../src/until.ts'
import { describeMysql, describeRedis } from './lend.ts'

const script = fileURLToPath(new URL('two-servers.ts', import.meta.url))

/** A process with two servers, one of them paused; gives it and what it says of them. */
async function startHolder(kind: string) {
  const holder = spawn(process.execPath, ['--import', 'tsx', script, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(holder.stdout), 'line')
  const servers: { pid: number; folder: string }[] = JSON.parse(line)
  return { holder, servers }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function endsWithHolder(kind: string, signal: NodeJS.Signals) {
  const { holder, servers } = await startHolder(kind)
  expect(servers).toHaveLength(2)
  for (const { pid, folder } of servers) expect([runs(pid), existsSync(folder)]).toEqual([true, true])
  holder.kill(signal)
  for (const { pid, folder } of servers)
    await until('the end', async () => !runs(pid) && !existsSync(folder), 5_000)
}

const signals = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const

describeRedis('servers end with their process', { timeout: 30_000 }, () => {
  test.each(signals)('by %s', (signal) => endsWithHolder('redis', signal))
})

;(await describeMysql('mariadb'))('MariaDB too', { timeout: 30_000 }, () => {
  test('by SIGKILL', () => endsWithHolder('mariadb', 'SIGKILL'))
})
