import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { checkApi, writeApi } from '../src/api.ts'
import { checkArchitecture } from '../src/architecture.ts'
import { checkEdge } from '../src/edge.ts'
import { checkSizes } from '../src/sizes.ts'
import { checkUnused } from '../src/unused.ts'
import { edit, root, useRepository, write, writePackage } from './repository.ts'

useRepository()

describe('architecture', () => {
  const page = 'docs/architecture.md'
  const rooms = '`packages/core`, `packages/store-a`, `apps/demo`'
  beforeEach(() => {
    write('packages/store-a/src/a.ts', "import type { x } from '@some/types/sub'\nimport 'driver'\n")
    write('packages/store-a/src/a.test.ts', "import 'vitest'\n")
    write(
      page,
      `${rooms}\n\`\`\`mermaid\nflowchart TD\n  core\n  store-a --> core & driver & some-types\n\`\`\`\n`,
    )
  })

  it('is silent when the diagram shows what is imported', () => {
    expect(checkArchitecture(root)).toEqual({ looked: '3 arrows, 3 rooms', faults: [] })
  })
  it.each([
    ['an arrow that is missing', 'core & driver', 'core', /nothing shows store-a --> driver/],
    ['an arrow of types alone', ' & some-types', '', /nothing shows store-a --> some-types/],
    ['an arrow too many', '  core\n', '  core --> driver\n', /core --> driver is drawn, and not imported/],
    ['another kind of arrow', '  core\n', '  core -.-> driver\n', /`core -\.-> driver` is no arrow of ours/],
    ['a room without a sentence', '`apps/demo`', '', /nothing is said about `apps\/demo`/],
  ])('finds %s', (_, from, to, fault) => {
    edit(page, from, to)
    expect(checkArchitecture(root).faults).toEqual([expect.stringMatching(fault)])
  })
  it('wants a diagram', () => {
    edit(page, 'flowchart', 'pie')
    expect(checkArchitecture(root).faults).toContainEqual(expect.stringMatching(/there is no mermaid/))
    rmSync(join(root, page))
    expect(checkArchitecture(root).faults).toEqual([expect.stringMatching(/is missing/)])
  })
})

describe('api', () => {
  const types = 'packages/store-a/dist/index.d.ts'
  const chunk = 'packages/store-a/dist/chunk-A.d.ts'
  beforeEach(() => {
    write('packages/core/dist/index.d.ts', 'declare const one: 1;\nexport { one };\n')
    write(
      chunk,
      `import { Json } from '@sess/core';
/** Options. */
interface Options { /** Of a call. */ readonly timeout?: number; readonly way: Way; }
type Way = 'fast' | 'slow';
export type { Options as O };\n`,
    )
    write(
      types,
      `import { O as Options } from './chunk-A.js';
import * as driver from 'driver';
declare function open(options?: Options): driver.Client;
declare const TWO = 2;
export { type Options, open, TWO as two };
export { one } from '@sess/core';\n`,
    )
    writeApi(root)
  })

  it('is silent about comments, chunks and the order of declarations', () => {
    expect(checkApi(root)).toEqual({ looked: '2 reports', faults: [] })
    edit(chunk, '/** Options. */', '/** Other words. */')
    renameSync(join(root, chunk), join(root, chunk.replace('-A', '-B')))
    edit(types, './chunk-A.js', './chunk-B.js')
    edit(types, 'type Options, open', 'open, type Options')
    expect(checkApi(root).faults).toEqual([])
  })
  it.each([
    ['a signature that changed', types, 'options?: Options', 'options: Options', /\+ .*open\(options: Opt/],
    ['an option that is new', chunk, 'readonly way', 'readonly more?: 1; readonly way', /\+ .*more\?: 1/],
    ['a type that only others name', chunk, "| 'slow'", "| 'slower'", /\+ type Way = 'fast' \| 'slower'/],
    ['a type that another package gives', types, "from 'driver'", "from 'other'", /\+ \/\/ From other: /],
    ['an export that is gone', types, ', TWO as two', '', /- .*TWO/],
    ['a name that changed', types, 'TWO as two', 'TWO as three', /\+ export \{ TWO as three \}/],
    ['a re-export that is gone', types, "export { one } from '@sess/core';", '', /- export \{ one \} from/],
  ])('finds %s', (_, path, from, to, fault) => {
    edit(path, from, to)
    const { faults } = checkApi(root)
    expect(faults).toEqual([expect.stringMatching(/^packages\/store-a\/api\.md:\d+: .*run pnpm api/)])
    expect(faults[0]).toMatch(fault)
  })
  it('wants a report of each package, and what it is made of', () => {
    rmSync(join(root, 'packages/core/api.md'))
    rmSync(join(root, types))
    expect(checkApi(root).faults).toEqual([
      expect.stringMatching(/^packages\/core\/api\.md:1: .*run pnpm api/),
      expect.stringMatching(/dist\/index\.d\.ts does not exist: build first/),
    ])
    expect(() => writeApi(root)).toThrow(/build first/)
  })
})

describe('sizes', () => {
  const budget = (sizes: object) => write('tools/checks/sizes.json', JSON.stringify(sizes))
  beforeEach(() => {
    write('packages/core/dist/index.js', "export { one } from './chunk.js'\n")
    write('packages/core/dist/chunk.js', `export const one = ${JSON.stringify([...Array(100).keys()])}\n`)
    write('packages/store-a/dist/index.js', "export { one } from '@sess/core'\n")
  })

  it('counts an entry with its chunks, without other packages', async () => {
    budget({ '@sess/core': 300, '@sess/store-a': 100 })
    expect(await checkSizes(root)).toEqual({ looked: '2 entry points', faults: [] })
  })
  it('finds what is too large, has no budget, or is gone', async () => {
    budget({ '@sess/core': 100, '@sess/b': 100 })
    expect((await checkSizes(root)).faults).toEqual([
      expect.stringMatching(/^@sess\/core has \d+ bytes, its budget is 100/),
      expect.stringMatching(/@sess\/store-a has no budget: add it; it has \d+ bytes/),
      expect.stringMatching(/@sess\/b is no entry point/),
    ])
  })
})

describe('edge', () => {
  const core = 'packages/core/dist/index.js'
  beforeEach(() => {
    writePackage('store-memory')
    write('packages/store-memory/dist/index.js', 'export const createMemoryStore = () => ({})\n')
    write(
      core,
      `export class SessionManager {
  async createSession() { return { id: 's' } }
  async addMessage() {}
  async commit() {}
  async close() {}
  async getSession() {
    return {
      messages: [{ content: 'Hello, AI!' }, { content: { text: 'á' } }],
      context: { city: 'Rome' }, metadata: { title: 'Trip to Rome' }, lastSeq: 2,
    }
  }
}\n`,
    )
  })

  it('is silent about what runs', async () => {
    expect((await checkEdge(root)).faults).toEqual([])
  })
  it.each([
    ['a module of Node', 'export', "import 'node:fs'\nexport", /Could not resolve "node:fs"/],
    ['a global of Node', "'s' }", 'process.pid }', /process is not defined/],
    ['another answer', 'lastSeq: 2', 'lastSeq: 3', /the service answers .*"lastSeq":3/],
  ])('finds %s', async (_, from, to, fault) => {
    edit(core, from, to)
    expect((await checkEdge(root)).faults).toEqual([expect.stringMatching(fault)])
  })
})

describe('unused', () => {
  it('finds a file, an export and a dependency that nothing uses', { timeout: 60_000 }, async () => {
    // Not in this repository, where git ignores what tests make.
    const folder = mkdtempSync(join(tmpdir(), 'sess-unused-'))
    const put = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    put('package.json', '{ "name": "x", "exports": "./src/index.ts" }')
    put('tools/checks/knip.json', '{}')
    put('src/index.ts', "export { one } from './one.ts'\n")
    put('src/one.ts', 'export const one = 1\n')
    expect((await checkUnused(folder)).faults).toEqual([])
    put('package.json', '{ "name": "x", "exports": "./src/index.ts", "dependencies": { "left-pad": "1" } }')
    put('src/one.ts', 'export const one = 1\nexport const two = 2\n')
    put('src/three.ts', 'export const three = 3\n')
    const [fault] = (await checkUnused(folder)).faults
    rmSync(folder, { recursive: true })
    for (const word of ['left-pad', 'two', 'three.ts']) expect(fault).toContain(word)
  })
})
