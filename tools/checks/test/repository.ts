import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'

/** This repository. */
export const repository = join(import.meta.dirname, '../../..')
/** The root of a small one, anew for each test. */
export let root: string

/** A small repository: core, one store and one app, all in order. */
export function useRepository(): void {
  beforeEach(() => {
    mkdirSync(join(repository, '.results'), { recursive: true })
    root = mkdtempSync(join(repository, '.results/check-'))
    cpSync(join(repository, 'tsconfig.base.json'), join(root, 'tsconfig.base.json'))
    writePackage('core')
    writePackage('store-a', { peerDependencies: { '@sess/core': 'workspace:0.x' } })
    write('packages/core/src/index.ts', 'export const one = 1\n')
    write('packages/store-a/src/index.ts', "export { one } from '@sess/core'\n")
    write(
      'apps/demo/package.json',
      JSON.stringify({ name: '@sess/demo', dependencies: { '@sess/core': '*' } }),
    )
    write('apps/demo/src/main.ts', "import '@sess/core'\n")
  })
  afterEach(() => rmSync(root, { recursive: true }))
}

export function writePackage(name: string, needs: object = {}): void {
  const path = `packages/${name}`
  write(`${path}/package.json`, JSON.stringify({ ...manifest(name), ...needs }))
  write(`${path}/README.md`, '')
  write(`${path}/tsconfig.json`, '{}')
  write(`${path}/tsup.config.ts`, '')
}

export function manifest(name: string) {
  return {
    name: `@sess/${name}`,
    ...{ version: '0.0.0', description: name, keywords: [], license: 'Apache-2.0' },
    repository: { type: 'git', url: 'git+https://example.com/x.git', directory: `packages/${name}` },
    ...{ type: 'module', sideEffects: false, exports: { '.': './src/index.ts' }, files: ['dist'] },
    publishConfig: {
      access: 'public',
      provenance: true,
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    },
    ...{ engines: { node: '>=20.19' }, scripts: { build: 'tsup' } },
  }
}

export function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

export function edit(path: string, from: string, to: string): void {
  const text = readFileSync(join(root, path), 'utf8')
  expect(text).toContain(from)
  writeFileSync(join(root, path), text.replace(from, to))
}
