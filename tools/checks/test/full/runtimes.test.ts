import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// What is published of core and the memory store, in runtimes besides Node, whose packages carry their binaries.

const root = join(import.meta.dirname, '../../../..')
const PARTS = ['core', 'store-memory']
const folder = mkdtempSync(join(tmpdir(), 'sess-runtimes-'))
const project = join(folder, 'project')

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd })
  return stdout.trim()
}

/** The first example of the first page, and what came of it. */
function example(): string {
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  return `${code}
console.log(JSON.stringify({ first: messages[0]?.content, lastSeq }))
`
}

beforeAll(async () => {
  const pnpm = ['-y', 'pnpm@10']
  const filters = PARTS.map((part) => `--filter=@sess/${part}`)
  await run('npx', [...pnpm, 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only', ...filters], root)
  const tarballs = PARTS.map(async (part) => {
    const to = join(folder, part)
    mkdirSync(to)
    await run('npx', [...pnpm, 'pack', '--pack-destination', to], join(root, 'packages', part))
    return join(to, readdirSync(to)[0] ?? '')
  })
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  writeFileSync(join(project, 'main.ts'), example())
  const packed = await Promise.all(tarballs)
  await run('npm', ['i', '--no-audit', '--no-fund', '--prefer-offline', ...packed], project)
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true }))

describe.each([
  // What may be read, written or reached is not granted: the store asks for nothing.
  { name: 'Deno', version: 'deno@2', script: 'deno run --no-prompt main.ts' },
  { name: 'Bun', version: 'bun@1', script: 'bun run main.ts' },
])('the example of the README', ({ name, version, script }) => {
  it(`runs on ${name}`, { timeout: 300_000 }, async () => {
    const said = await run('npx', ['-y', '-p', version, '-c', script], project)
    expect(JSON.parse(said)).toEqual({ first: 'Hello, AI!', lastSeq: 1 })
  })
})
