import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Program } from './program.ts'

/** The executable of that name on PATH. */
export function onPath(name: string): Program {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name)
    if (isExecutable(file)) return { source: 'path', command: [file] }
  }
  throw new Error(`no ${name}`)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
