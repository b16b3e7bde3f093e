import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  /** What it says. */
  readonly lines: Interface
  /** Its exit. */
  readonly ended: Promise<unknown>
}

/** A process that runs a module and said its first line: that it is ready. It is killed when the test is over. */
export async function startChild(module: URL, args: readonly string[]): Promise<Child> {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(module), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const ended = once(child, 'exit')
  const lines = createInterface(child.stdout)
  const failed = ended.then(([code]) => {
    throw new Error(`the process ended with ${code} before it was ready`)
  })
  failed.catch(() => {})
  await Promise.race([once(lines, 'line'), failed])
  return { process: child, lines, ended }
}
