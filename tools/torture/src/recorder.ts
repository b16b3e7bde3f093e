import { closeSync, openSync, writeSync } from 'node:fs'
import type { Answer, Call, Current, Event } from './history.ts'

/** Microseconds of the machine's monotonic clock: all its processes share it, and nobody sets it. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** Writes what happens to a file as it happens, so that it outlives a kill of this process. */
export class Recorder {
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  invoke(client: string, op: number, session: string, call: Call): void {
    this.note({ t: now(), type: 'invoke', client, op, session, call })
  }

  ok(client: string, op: number, answer: Answer): void {
    this.note({ t: now() + 1, type: 'ok', client, op, answer })
  }

  failed(client: string, op: number, type: 'fail' | 'unknown', code: string, current?: Current): void {
    this.note({ t: now() + 1, type, client, op, code, ...(current && { current }) })
  }

  note(event: Event): void {
    writeSync(this.#file, `${JSON.stringify(event)}\n`)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** The events in a file's text; the line that a killed process did not end is left out. */
export function eventsIn(text: string): Event[] {
  const lines = text.split('\n')
  lines.pop()
  return lines.map((line) => JSON.parse(line) as Event)
}
