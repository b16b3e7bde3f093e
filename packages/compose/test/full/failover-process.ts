import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Acknowledged } from '@sess/faults'
import { expect, onTestFinished } from 'vitest'
import type { ParkedSession } from '../../src/index.ts'

const module = fileURLToPath(new URL('failover-child.ts', import.meta.url))

export interface ChildSetup {
  readonly primary: string
  readonly journal: string
  /** A Redis that several processes may share; `null` for a memory of its own. */
  readonly fallback: { readonly url: string; readonly keyPrefix: string } | null
  readonly writers: readonly { readonly session: string; readonly name: string }[]
}

interface Line {
  readonly event?: string
  readonly session?: string
  readonly ack?: readonly [id: string, seq: number]
  readonly state?: string
  readonly parked?: readonly ParkedSession[]
  readonly done?: string
}

/** A process behind a failover, and what it said. */
export class FailoverProcess {
  readonly acknowledged = new Map<string, Acknowledged>()
  readonly events: string[] = []
  #said: Line = {}
  #done = 0
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  constructor(setup: ChildSetup) {
    const stdio = ['pipe', 'pipe', 'inherit'] as const
    this.#child = spawn(process.execPath, ['--import', 'tsx', module, JSON.stringify(setup)], {
      stdio: [...stdio],
    })
    this.#ended = once(this.#child, 'exit')
    onTestFinished(() => {
      this.#child.kill('SIGKILL')
    })
    if (this.#child.stdout === null) throw new Error('the process has no output')
    createInterface(this.#child.stdout).on('line', (line) => this.#hear(JSON.parse(line) as Line))
  }

  get count(): number {
    return [...this.acknowledged.values()].reduce((sum, { size }) => sum + size, 0)
  }

  /** Does what the process is told, and answers what it said last. */
  async tell(command: string): Promise<Line> {
    const before = this.#done
    this.#child.stdin?.write(`${command}\n`)
    await expect.poll(() => this.#done).toBeGreaterThan(before)
    return this.#said
  }

  async more(wanted: number): Promise<void> {
    const enough = this.count + wanted
    await expect.poll(() => this.count).toBeGreaterThan(enough)
  }

  async untilState(state: string): Promise<void> {
    await expect.poll(async () => (await this.tell('state')).state).toBe(state)
  }

  async parked(): Promise<readonly ParkedSession[]> {
    return (await this.tell('parked')).parked ?? []
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  #hear(line: Line): void {
    const { event, session, ack, done } = line
    if (event !== undefined) this.events.push(event)
    else if (session !== undefined && ack !== undefined) {
      const seqs = this.acknowledged.get(session) ?? new Map()
      this.acknowledged.set(session, seqs.set(...ack))
    } else if (done !== undefined) this.#done++
    else this.#said = line
  }
}
