import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { SessError } from '@sess/core'
import { invalidOption } from '@sess/core/store'
import type { Journal, JournalRecord } from './journal.ts'

/**
 * A journal in a file of its own, a line a record, written through to the disk (`fsync`) before a write is
 * acknowledged; appends that wait together share one. A last line that a crash tore is dropped: its write was never
 * acknowledged. The file holds what was written to sessions in the clear, readable by its owner alone.
 * @param path of a file that no other process uses; a file `<path>.lock` beside it sees to that
 * @example `fileJournal('/var/lib/app/sess.journal')`
 */
export function fileJournal(path: string): Journal {
  if (typeof path !== 'string' || path === '')
    throw invalidOption('fileJournal', 'path must be the name of a file')
  return new FileJournal(resolve(path))
}

interface Waiting {
  readonly text: string
  readonly done: () => void
  readonly fail: (error: unknown) => void
}

/** The journals that this process has open: a lock of its own number may be left from a process before it. */
const OPEN = new Set<string>()

class FileJournal implements Journal {
  readonly #path: string
  #file: FileHandle | undefined
  /** The end of the last whole line. */
  #end = 0
  #waiting: Waiting[] = []
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  async read(): Promise<readonly JournalRecord[]> {
    await lock(this.#path)
    try {
      this.#file = await open(this.#path, 'a+', 0o600)
      await syncFolder(this.#path)
      const { records, end } = parse(await readFile(this.#path), this.#path)
      this.#end = end
      return records
    } catch (error) {
      // Who tries again, when what was wrong is mended, finds it free.
      await this.#file?.close()
      this.#file = undefined
      await unlock(this.#path)
      throw error
    }
  }

  append(record: JournalRecord): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiting.push({ text: lineOf(record), done, fail })
      if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#write())
    })
  }

  rewrite(records: readonly JournalRecord[]): Promise<void> {
    const work = this.#writing.then(async () => {
      const fresh = `${this.#path}.new`
      const file = await open(fresh, 'w', 0o600)
      const text = records.map(lineOf).join('')
      await file.writeFile(text)
      await file.sync()
      await file.close()
      await rename(fresh, this.#path)
      await syncFolder(this.#path)
      await this.#file?.close()
      this.#file = await open(this.#path, 'a', 0o600)
      this.#end = Buffer.byteLength(text)
    })
    this.#writing = work.catch(() => {})
    return work
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file?.close()
    if (this.#file === undefined) return
    this.#file = undefined
    await unlock(this.#path)
  }

  /** Writes all that waits by now and syncs once. */
  async #write(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    try {
      if (this.#file === undefined) throw new Error('the journal is not open')
      const bytes = Buffer.from(batch.map(({ text }) => text).join(''))
      // What a crash or a failed write left behind would be in the middle of the file.
      if ((await this.#file.stat()).size > this.#end) await this.#file.truncate(this.#end)
      await this.#file.appendFile(bytes)
      await this.#file.datasync()
      this.#end += bytes.length
      for (const { done } of batch) done()
    } catch (error) {
      for (const { fail } of batch) fail(error)
    }
  }
}

function lineOf(record: JournalRecord): string {
  const text = JSON.stringify(record)
  return `${checksum(text)} ${text}\n`
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** The records of all whole lines, and where the last of them ends. @throws `CORRUPT_DATA` for damage before the end */
function parse(bytes: Buffer, path: string): { records: JournalRecord[]; end: number } {
  const records: JournalRecord[] = []
  let end = 0
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start)
    const line = newline < 0 ? '' : bytes.toString('utf8', start, newline)
    const text = line.slice(17)
    const isWhole = newline >= 0 && line[16] === ' ' && line.slice(0, 16) === checksum(text)
    if (!isWhole) {
      if (newline >= 0 && newline + 1 < bytes.length)
        throw new SessError('CORRUPT_DATA', `fileJournal: line ${records.length + 1} of ${path} is damaged`)
      return { records, end }
    }
    records.push(JSON.parse(text) as JournalRecord)
    end = newline + 1
    start = end
  }
  return { records, end }
}

async function lock(path: string): Promise<void> {
  if (OPEN.has(path)) throw invalidOption('fileJournal', `${path} is open in this process already`)
  const name = `${path}.lock`
  const holder = Number(await readFile(name, 'utf8').catch(() => '0'))
  if (holder !== process.pid && isAlive(holder))
    throw invalidOption(
      'fileJournal',
      `${path} belongs to process ${holder}; if that is another program, remove ${name}`,
    )
  OPEN.add(path)
  try {
    const file = await open(name, 'w', 0o600)
    await file.writeFile(String(process.pid)).finally(() => file.close())
  } catch (error) {
    OPEN.delete(path)
    throw error
  }
}

async function unlock(path: string): Promise<void> {
  OPEN.delete(path)
  await rm(`${path}.lock`, { force: true })
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A new name in a folder is durable with the folder. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
}
