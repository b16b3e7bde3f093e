import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

let folder: string | undefined
let files = 0

/** The name of a file that is not there yet, in a folder that goes when the tests of the file are over. */
export function newFile(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'sess-compose-'))
  return join(folder, `${++files}.journal`)
}

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})
