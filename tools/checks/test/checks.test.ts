import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkDocs } from '../src/docs.ts'
import { checkLayers } from '../src/layers.ts'
import { checkContents } from '../src/packages.ts'
import { checkTemplate } from '../src/template.ts'
import { edit, manifest, repository, root, useRepository, write } from './repository.ts'

useRepository()

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
    ['another version', () => edit('packages/store-a/package.json', '0.0.0', '0.1.0'), /version is/],
    [
      'a package without provenance',
      () => edit('packages/store-a/package.json', '"provenance":true,', ''),
      /provenance must be true/,
    ],
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
  it('takes a tool that exports nothing for an app, and another for what tests may use', () => {
    write('tools/runner/package.json', JSON.stringify({ name: '@sess/runner' }))
    write('tools/runner/src/main.ts', "import '@sess/store-a'")
    expect(checkLayers(root).faults).toEqual([])
    edit('tools/runner/package.json', '}', ',"exports":"./src/main.ts"}')
    expect(checkLayers(root).faults).toEqual([expect.stringMatching(/\(tool\) must not use/)])
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
