import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { until } from '../src/until.ts'
import { describeRedis } from './lend.ts'

const script = fileURLToPath(new URL('two-servers.ts', import.meta.url))

/** A process with two servers, one of them paused; gives it and what it says of them. */
async function startHolder() {
  const holder = spawn(process.execPath, ['--import', 'tsx', script], {
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

describeRedis('servers end with their process', { timeout: 30_000 }, () => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('by %s', async (signal) => {
    const { holder, servers } = await startHolder()
    expect(servers).toHaveLength(2)
    for (const { pid, folder } of servers) expect([runs(pid), existsSync(folder)]).toEqual([true, true])
    holder.kill(signal)
    for (const { pid, folder } of servers)
      await until('the end', async () => !runs(pid) && !existsSync(folder), 5_000)
  })
})
