import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from './program.ts'
import type { Control } from './server.ts'

/**
 * Reads the server's process id (an empty line once that has ended) from a pipe which closes when this
 * process ends, be it by `kill -9`; then it takes the server and its folder along.
 */
const watchdog = `
while read -r pid; do server=$pid; done
[ -z "$server" ] || kill -s KILL -- "-$server" 2>/dev/null
rm -rf -- "$1" 2>/dev/null || { sleep 1; rm -rf -- "$1"; }`

/** A server process with a folder of its own; both end with this process at the latest. */
export class ServerProcess {
  /** Short, since the path of a Unix socket in it holds 107 bytes. */
  readonly folder: string
  readonly #watchdog: ChildProcess
  readonly #lifeline: Writable
  #child: ChildProcess | undefined

  private constructor(folder: string) {
    this.folder = folder
    // Detached, as the server is: a Ctrl-C is for the test process, and they follow it.
    const child = spawn('sh', ['-c', watchdog, 'watchdog', folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#watchdog = child
    this.#lifeline = child.stdin
  }

  /** A folder to prepare, without a process yet. */
  static async create(): Promise<ServerProcess> {
    return new ServerProcess(await mkdtemp(join(tmpdir(), 'sess-')))
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Runs the command until it is ready; throws with its log where it ends before. */
  async start([file, ...args]: Command, isReady: () => Promise<boolean>, timeout = 20_000): Promise<void> {
    const child = this.#spawn(file, args)
    const end = Date.now() + timeout
    while (!(await isReady().catch(() => false))) {
      if (this.#child !== child) throw new Error(`the server ended at once\n${await this.#log()}`)
      if (Date.now() > end)
        throw new Error(`the server is not ready after ${timeout} ms\n${await this.#log()}`)
      await sleep(20)
    }
  }

  /** What a test may do to the server that `start` starts. */
  controls(start: () => Promise<void>): Control {
    return {
      pause: () => this.#pause(),
      resume: () => this.signal('SIGCONT'),
      kill: () => this.kill(),
      restart: () => this.kill().then(start),
      stop: () => this.stop(),
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#child?.pid) throw new Error('the server does not run')
    process.kill(-this.#child.pid, signal)
  }

  /** Until no thread of it runs: the signal is sent at once, but one on another core may still answer. */
  #pause(): void {
    this.signal('SIGSTOP')
    const end = Date.now() + 1000
    while (!isStopped(this.pid) && Date.now() < end);
  }

  /** Ends the process at once, where it runs. */
  async kill(): Promise<void> {
    if (!this.#child?.pid) return
    const exit = once(this.#child, 'exit')
    this.signal('SIGKILL')
    await exit
  }

  /** Ends it for good and removes the folder. */
  async stop(): Promise<void> {
    await this.kill()
    if (this.#watchdog.exitCode !== null) return
    const exit = once(this.#watchdog, 'exit')
    this.#lifeline.end()
    await exit
  }

  #spawn(file: string, args: string[]): ChildProcess {
    const log = openSync(join(this.folder, 'log'), 'a')
    const child = spawn(file, args, { cwd: this.folder, detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child = child
    this.#lifeline.write(`${child.pid ?? ''}\n`)
    const ended = () => {
      this.#child = undefined
      this.#lifeline.write('\n')
    }
    child.once('exit', ended).once('error', ended)
    return child
  }

  /** The last lines that the server wrote. */
  async #log(): Promise<string> {
    return (await readFile(join(this.folder, 'log'), 'utf8')).split('\n').slice(-15).join('\n')
  }
}

/** Whether all threads of a process are stopped, or no file tells of them. */
function isStopped(pid: number | undefined): boolean {
  const tasks = `/proc/${pid}/task`
  try {
    return readdirSync(tasks).every((task) => /\) T /.test(readFileSync(`${tasks}/${task}/stat`, 'utf8')))
  } catch {
    return process.platform !== 'linux'
  }
}
