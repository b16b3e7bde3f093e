import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Environment } from '../src/index.ts'
import { PARITY, SEATS } from './parity.ts'

const folder = mkdtempSync(join(tmpdir(), 'sess-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

/** A file of this test's own. */
export function file(text: string | Buffer, name = 'sess.yaml'): string {
  const path = join(folder, `${++files}-${name}`)
  writeFileSync(path, text)
  return path
}

/** What a key is in a file, all around it included. */
export function yaml(values: { readonly [key: string]: unknown }): string {
  const root: Tree = {}
  for (const [key, value] of Object.entries(values)) {
    const path = key.split('.')
    let section = root
    for (const name of path.slice(0, -1)) {
      section[name] ??= {}
      section = section[name] as Tree
    }
    section[path.at(-1) ?? ''] = value
  }
  return JSON.stringify(root, null, 2)
}
type Tree = { [name: string]: unknown }

export interface Way {
  readonly file: string
  readonly env: Environment
}

export type Values = { readonly [key: string]: string | number | boolean }

/** Values given by a file, and by variables: their own or, where there are none, those that a file names. */
export function ways(values: Values): [way: string, () => Way][] {
  const pairs = Object.entries(values)
  const variable = (key: string) =>
    [...PARITY, ...SEATS].find((row) => row.key === key)?.variable ?? VARIABLES[key]
  const ownNone = pairs.filter(([key]) => variable(key) === undefined)
  const name = (key: string) => variable(key) ?? `TEST_${key.toUpperCase().replaceAll('.', '_')}`
  const references = Object.fromEntries(ownNone.map(([key]) => [key, `\${${name(key)}}`]))
  return [
    ['by the file', () => ({ file: file(yaml(values)), env: {} })],
    [
      'by variables',
      () => ({
        file: file(yaml(references)),
        env: Object.fromEntries(pairs.map(([key, value]) => [name(key), String(value)])),
      }),
    ],
  ]
}

const VARIABLES: { readonly [key: string]: string } = { 'store.type': 'SESSION_STORE_TYPE' }

/** The value at a key. */
export function at(config: object, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => (value as Tree)[name], config)
}
