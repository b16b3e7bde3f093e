import { createHash } from 'node:crypto'

/** A Lua script, which servers know by the SHA-1 of its text. */
export interface Script {
  readonly name: string
  readonly source: string
  readonly sha: string
  /** Whether what it answers is worth waiting for replicas. */
  readonly isWrite: boolean
}

export function script(name: string, ...parts: readonly string[]): Script {
  const source = parts.map((part) => part.trim()).join('\n')
  return { name, source, sha: createHash('sha1').update(source).digest('hex'), isWrite: false }
}

/** A script that does what a caller asked to be kept. */
export function writeScript(name: string, ...parts: readonly string[]): Script {
  return { ...script(name, ...parts), isWrite: true }
}
