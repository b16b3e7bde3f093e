import { createHash } from 'node:crypto'

/** A Lua script, which servers know by the SHA-1 of its text. */
export interface Script {
  readonly name: string
  readonly source: string
  readonly sha: string
}

export function script(name: string, ...parts: readonly string[]): Script {
  const source = parts.map((part) => part.trim()).join('\n')
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}
