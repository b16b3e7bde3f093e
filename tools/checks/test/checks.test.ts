import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkDocs } from '../src/docs.ts'
import { checkLayers } from '../src/layers.ts'
import { checkContents } from '../src/packages.ts'
import { checkTemplate } from '../src/template.ts'

const repository = join(import.meta.dirname, '../../..')
let root: string

/** A small repository: core, one store and one app, all in order. */
beforeEach(() => {
  mkdirSync(join(repository, '.results'), { recursive: true })
  root = mkdtempSync(join(repository, '.results/check-'))
  cpSync(join(repository, 'tsconfig.base.json'), join(root, 'tsconfig.base.json'))
  for (const name of ['core', 'store-a']) {
    const path = `packages/${name}`
    const needs = name === 'core' ? {} : { peerDependencies: { '@sess/core': 'workspace:0.x' } }
    write(`${path}/package.json`, JSON.stringify({ ...manifest(name), ...needs }))
    write(`${path}/README.md`, '')
    write(`${path}/tsconfig.json`, '{}')
    write(`${path}/tsup.config.ts`, '')
  }
  write('packages/core/src/index.ts', 'export const one = 1\n')
  write('packages/store-a/src/index.ts', "export { one } from '@sess/core'\n")
  write('apps/demo/package.json', JSON.stringify({ name: '@sess/demo', dependencies: { '@sess/core': '*' } }))
  write('apps/demo/src/main.ts', "import '@sess/core'\n")
})
afterEach(() => rmSync(root, { recursive: true }))

function manifest(name: string) {
  return {
    name: `@sess/${name}`,
    ...{ version: '0.0.0', description: name, keywords: [], license: 'Apache-2.0' },
    repository: { type: 'git', url: 'git+https://example.com/x.git', directory: `packages/${name}` },
    ...{ type: 'module', sideEffects: false, exports: { '.': './src/index.ts' }, files: ['dist'] },
    publishConfig: {
      access: 'public',
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    },
    ...{ engines: { node: '>=20.19' }, scripts: { build: 'tsup' } },
  }
}

function write(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function edit(path: string, from: string, to: string) {
  const text = readFileSync(join(root, path), 'utf8')
  expect(text).toContain(from)
  writeFileSync(join(root, path), text.replace(from, to))
}

describe('template', () => {
  it('is silent when all packages look the same', () => {
    expect(checkTemplate(root).faults).toEqual([])
  })
  it.each([
    ['a file too many', () => write('packages/store-a/extra.md', ''), /extra\.md is in no other package/],
    ['a missing file', () => rmSync(join(root, 'packages/store-a/README.md')), /README\.md is missing/],
    ['another tsconfig', () => write('packages/store-a/tsconfig.json', '{ }'), /tsconfig\.json differs/],
    ['another script', () => edit('packages/store-a/package.json', '"tsup"', '"tsc"'), /scripts is/],
    ['another licence', () => edit('packages/store-a/package.json', 'Apache-2.0', 'MIT'), /license is/],
    ['a wrong name', () => edit('packages/store-a/package.json', '@sess/store-a', '@sess/b'), /name is/],
    ['a wrong folder', () => edit('packages/store-a/package.json', 'packages/store-a', 'x'), /repository/],
    ['an unknown key', () => edit('packages/store-a/package.json', '"files"', '"main":"","files"'), /main/],
    [
      'keys out of order',
      () =>
        edit(
          'packages/store-a/package.json',
          '"type":"module","sideEffects":false',
          '"sideEffects":false,"type":"module"',
        ),
      /out of order/,
    ],
    ['an entry without source', () => rmSync(join(root, 'packages/store-a/src/index.ts')), /does not exist/],
    [
      'an entry that is not built',
      () => edit('packages/store-a/package.json', 'index.d.ts', 'x.d.ts'),
      /publishConfig/,
    ],
  ])('finds %s', (_, plant, fault) => {
    plant()
    expect(checkTemplate(root).faults).toEqual([expect.stringMatching(fault)])
  })
})

describe('layers', () => {
  it('is silent when all arrows point down', () => {
    expect(checkLayers(root).faults).toEqual([])
  })
  it.each([
    [
      'core that imports a store',
      'packages/core/src/a.ts',
      "import type { one } from '@sess/store-a'",
      /\(store\)/,
    ],
    ['a store that re-exports an app', 'packages/store-a/src/a.ts', "export * from '@sess/demo'", /\(app\)/],
    ['a dynamic import', 'packages/core/src/a.ts', "await import('@sess/store-a')", /\(store\)/],
    ['an unknown package', 'packages/core/src/a.ts', "import '@sess/nothing'", /is no package/],
    ['an undeclared import', 'packages/store-a/src/a.ts', "import 'left-pad'", /neither/],
    ['a way around the names', 'packages/store-a/src/a.ts', "import '../../core/src/index.ts'", /leaves/],
  ])('finds %s', (_, path, text, fault) => {
    write(path, text)
    expect(checkLayers(root).faults).toEqual([expect.stringMatching(fault)])
  })
  it('finds a dependency that points up', () => {
    edit('packages/core/package.json', '"scripts"', '"dependencies":{"@sess/store-a":"*"},"scripts"')
    expect(checkLayers(root).faults).toEqual([expect.stringMatching(/package\.json.*\(store\)/)])
  })
  it('takes an example for an app, which nobody imports', () => {
    const needs = { '@sess/store-a': '*' }
    write('examples/mine/package.json', JSON.stringify({ name: 'mine', dependencies: needs }))
    write(
      'examples/mine/src/main.ts',
      "import '@sess/store-a'\nimport '../../../packages/core/src/index.ts'\n",
    )
    expect(checkLayers(root).faults).toEqual([])
    edit('packages/store-a/package.json', '"scripts"', '"dependencies":{"@sess/demo":"*"},"scripts"')
    expect(checkLayers(root).faults).toEqual([expect.stringMatching(/package\.json.*\(app\)/)])
  })
  it('lets the tests of a store use the kit, and nothing else of a store', () => {
    write('packages/testkit/package.json', JSON.stringify({ name: '@sess/testkit' }))
    write('packages/store-a/test/a.test.ts', "import '@sess/testkit/vitest'")
    expect(checkLayers(root).faults).toEqual([])
    write('packages/store-a/src/a.ts', "import '@sess/testkit'")
    expect(checkLayers(root).faults).toEqual([expect.stringMatching(/\(kit\) outside its tests/)])
  })
})

describe('docs', () => {
  const block = (code: string, info = 'ts') => `# Page\n\n\`\`\`${info}\n${code}\n\`\`\`\n`

  it('compiles blocks against the packages and reports the line of the page', { timeout: 60_000 }, () => {
    symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'))
    write('README.md', block("import { one } from '@sess/core'\nawait Promise.resolve(one)"))
    write('docs/good.md', block('const text: string = 1', 'ts ignore="shows a mistake"'))
    expect(checkDocs(root)).toEqual({ looked: '1 blocks on 4 pages, 1 ignored', faults: [] })
    write('docs/bad.md', block("import { two } from '@sess/core'\nconst text: string = 1"))
    expect(checkDocs(root).faults).toEqual([
      expect.stringMatching(/^docs\/bad\.md:4: .*'two'/),
      expect.stringMatching(/^docs\/bad\.md:5: Type 'number'/),
    ])
  })
  it('wants a reason for what it leaves out', () => {
    write('README.md', block('const text: string = 1', 'ts ignore'))
    expect(checkDocs(root).faults).toEqual(['README.md:3: say why: ignore="reason"'])
  })
  it('finds dead links, but not in code', () => {
    write(
      'README.md',
      'See [core](packages/core/README.md#x), [a](https://example.com), `[b](b.md)`\n[c](c.md)',
    )
    expect(checkDocs(root).faults).toEqual(['README.md:2: c.md does not exist: mend the link'])
  })
})

describe('packages', () => {
  const built = ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts'].map(
    (name) => `package/${name}`,
  )
  const project = { manifest: manifest('core') }

  it('finds what a tarball lacks or holds besides', () => {
    expect(checkContents(built, project)).toEqual([])
    expect(checkContents([...built.slice(1), 'package/src/index.ts'], project)).toEqual([
      expect.stringMatching(/lacks package\/LICENSE/),
      expect.stringMatching(/holds package\/src\/index\.ts/),
    ])
  })
})
