import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Command, Said, WorkerSetup } from './worker-setup.ts'

const module = fileURLToPath(new URL('worker.ts', import.meta.url))

/** All calls end within seconds. */
const PATIENCE_MS = 60_000

interface Waiting {
  resolve(said: Said): void
  reject(error: Error): void
}

/** A process of clients, as the one that breaks things sees it. */
export class WorkerProcess {
  readonly setup: WorkerSetup
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #waiting: Waiting[] = []
  #isKilled = false
  /** Why it ended, where nobody wanted it to. */
  #crash: Error | undefined

  constructor(setup: WorkerSetup) {
    this.setup = setup
    const child = spawn(process.execPath, ['--import', 'tsx', module, JSON.stringify(setup)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child = child
    this.#ended = once(child, 'exit').then(([code]) => this.#exited(code))
    // What is told to a process that is gone is answered by its end.
    child.stdin.on('error', () => {})
    createInterface(child.stdout).on('line', (line) => this.#waiting.shift()?.resolve(JSON.parse(line)))
  }

  /** Answers when the process did what it was told. @throws where it ended before, or hangs */
  async tell(command: Command): Promise<Said> {
    this.check()
    const said = new Promise<Said>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
    const { name, file } = this.setup
    const why = `the process of ${name} does not answer to '${command.do}': its history is ${file}`
    const patience = new AbortController()
    const hangs = sleep(PATIENCE_MS, undefined, patience).then(() => {
      throw new Error(why)
    })
    try {
      return await Promise.race([said, hangs])
    } finally {
      patience.abort()
      hangs.catch(() => {})
    }
  }

  /** @throws where the process ended though nobody ended it */
  check(): void {
    if (this.#crash) throw this.#crash
  }

  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    this.#isKilled = true
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Lets it close its store and end. */
  async close(): Promise<Said> {
    const said = await this.tell({ do: 'close' })
    this.#isKilled = true
    await this.#ended
    return said
  }

  #exited(code: unknown): void {
    const error = new Error(`the process of ${this.setup.name} ended with ${code}`)
    if (!this.#isKilled && code !== 0) this.#crash = error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
