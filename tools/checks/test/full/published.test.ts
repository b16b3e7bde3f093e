import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { orSkip, startRedis } from '@sess/servers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Registry, startRegistry } from './registry.ts'

// What somebody does who has only what is published: follow the pages of docs/start to the letter, and run the first
// example in runtimes besides Node, whose packages on npm carry their binaries.

const root = join(import.meta.dirname, '../../../..')
const pages = join(root, 'docs/start')

let registry: Registry
const redis = await orSkip(() => startRedis({ flavour: 'redis' }))
beforeAll(async () => {
  registry = await startRegistry(root)
}, 300_000)
afterAll(async () => {
  registry.stop()
  await redis?.stop()
})

type Step =
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  | { readonly kind: 'type'; readonly commands: string }
  | { readonly kind: 'see'; readonly text: string }

/** What a page has its reader do, in order. */
function stepsOf(page: string): readonly Step[] {
  const text = readFileSync(page, 'utf8')
  const marks = /<!-- first ts block of (\S+): (\S+) -->|```(\w+)(?: file="([^"]+)")?[^\n]*\n(.*?)```/gs
  return [...text.matchAll(marks)].map(([, from, to, language, file, block = '']): Step => {
    if (from !== undefined && to !== undefined)
      return { kind: 'write', file: to, text: firstBlock(join(dirname(page), from)) }
    if (file !== undefined) return { kind: 'write', file, text: block }
    return language === 'sh' ? { kind: 'type', commands: block } : { kind: 'see', text: block }
  })
}

function firstBlock(page: string): string {
  return /```ts\n(.*?)```/s.exec(readFileSync(page, 'utf8'))?.[1] ?? ''
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sess-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Follows a page in an empty folder. */
async function follow(page: string, env: { readonly [variable: string]: string }): Promise<number> {
  const folder = emptyFolder()
  let said = ''
  let seen = 0
  for (const step of stepsOf(join(pages, page))) {
    if (step.kind === 'write') writeFileSync(join(folder, step.file), step.text)
    else if (step.kind === 'type') said = await type(step.commands, folder, env)
    else {
      expect(said).toBe(step.text)
      seen++
    }
  }
  return seen
}

async function type(commands: string, cwd: string, env: object = {}): Promise<string> {
  // Whether it runs under CI is not the reader's business, nor how the workspace is set up.
  const { CI: _, NODE_OPTIONS: __, ...outer } = process.env
  const quiet = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_prefer_offline: 'true' }
  const { stdout } = await promisify(execFile)('bash', ['-euc', commands], {
    cwd,
    env: { ...outer, ...quiet, ...registry.env, ...env },
  })
  return stdout
}

const TIMEOUT = { timeout: 240_000 }

describe('docs/start', () => {
  test.skipIf(redis === undefined)('one store', TIMEOUT, async () => {
    expect(await follow('one-store.md', { REDIS_URL: redis?.url ?? '' })).toBe(1)
  })

  test.skipIf(redis === undefined)('compose', TIMEOUT, async () => {
    expect(await follow('compose.md', { REDIS_URL: redis?.url ?? '' })).toBe(1)
  })

  test('your store', TIMEOUT, async () => {
    expect(await follow('your-store.md', {})).toBe(1)
  })
})

describe('the first example of the README', () => {
  test.each([
    // What may be read, written or reached is not granted: the store asks for nothing.
    ['Deno', 'npx -y -p deno@2 deno run --no-prompt main.ts'],
    ['Bun', 'npx -y -p bun@1 bun run main.ts'],
  ])('runs on %s', TIMEOUT, async (_, command) => {
    const folder = emptyFolder()
    const example = firstBlock(join(root, 'README.md'))
    const told = 'console.log(JSON.stringify({ first: messages[0]?.content, lastSeq }))'
    writeFileSync(join(folder, 'main.ts'), `${example}\n${told}\n`)
    await type('npm init -y && npm pkg set type=module', folder)
    await type('npm install @sess/core @sess/store-memory', folder)
    expect(JSON.parse(await type(command, folder))).toEqual({ first: 'Hello, AI!', lastSeq: 1 })
  })
})
