import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { orSkip, startMysql, startRedis } from '@sess/servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// What is published, installed into empty projects as users do, each with one store.

const root = join(import.meta.dirname, '../../../..')
const folder = mkdtempSync(join(tmpdir(), 'sess-packed-'))
const run = async (command: string, args: readonly string[], cwd: string, env: object = {}) => {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: { ...process.env, ...env } })
  return stdout.trim()
}

const [redis, mysql] = await Promise.all([
  orSkip(() => startRedis({ flavour: 'redis' })),
  orSkip(() => startMysql({ flavour: 'mariadb' })),
])
afterAll(async () => {
  await Promise.all([redis?.stop(), mysql?.stop()])
  rmSync(folder, { recursive: true })
})

const PARTS = ['core', 'config', 'store-memory', 'store-redis', 'store-mysql']
const DRIVERS = ['ioredis', 'mysql2', 'drizzle-orm']
const NODES = ['20', '22', '24', '26']

interface Pair {
  readonly type: string
  readonly drivers: readonly string[]
  readonly extra: readonly string[]
  readonly env: { readonly [variable: string]: string } | undefined
}
const PAIRS: readonly Pair[] = [
  { type: 'memory', drivers: [], extra: [], env: {} },
  {
    ...{ type: 'redis', drivers: ['ioredis'], extra: [] },
    env: redis && { SESSION_REDIS_ADDR: `${redis.host}:${redis.port}` },
  },
  {
    ...{ type: 'mysql', drivers: ['mysql2', 'drizzle-orm'], extra: ['drizzle-orm@^0.45.0'] },
    env: mysql && { SESSION_MYSQL_DSN: mysql.url },
  },
]

const typed = (type: string) => `
import { loadConfig, loadManager } from '@sess/config'
import { ${type} } from '@sess/store-${type}/config'

const config = loadConfig({ stores: [${type}()] })
const type: '${type}' = config.store.type
const section: object = config.store[type]
// @ts-expect-error a configuration does not change
config.session.default_ttl = '1h'
// @ts-expect-error there is no such section
config.store.nothing
`
const body = `
  const sessions = await loadManager({}, { stores })
  const { id } = await sessions.createSession('u')
  await sessions.addMessage(id, { role: 'user', content: 'Hello, AI!' })
  const messages = await sessions.getMessages(id, { last: 1 })
  console.log(config.store.type, messages[0]?.content)
  await sessions.close()`
const esm = (type: string) => `
import { loadConfig, loadManager } from '@sess/config'
import { ${type} } from '@sess/store-${type}/config'
const stores = [${type}()]
const config = loadConfig({ stores })
${body}
`
const cjs = (type: string) => `
const { loadConfig, loadManager } = require('@sess/config')
const { ${type} } = require('@sess/store-${type}/config')
const stores = [${type}()]
const config = loadConfig({ stores })
void (async () => {${body}
})()
`

/** The tarballs by part, built and packed as for a release. */
async function pack(): Promise<Map<string, string>> {
  const filters = PARTS.map((part) => `--filter=@sess/${part}`)
  const pnpm = ['-y', 'pnpm@10']
  await run('npx', [...pnpm, 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only', ...filters], root)
  await Promise.all(
    PARTS.map(async (part) => {
      const to = join(folder, part)
      mkdirSync(to)
      await run('npx', [...pnpm, 'pack', '--pack-destination', to], join(root, 'packages', part))
    }),
  )
  return new Map(PARTS.map((part) => [part, join(folder, part, readdirSync(join(folder, part))[0] ?? '')]))
}

/** All packages of a project, however deep. */
function installed(at: string): string[] {
  if (!existsSync(at)) return []
  return readdirSync(at).flatMap((name) => {
    if (name.startsWith('.')) return []
    const path = join(at, name)
    if (name.startsWith('@')) return readdirSync(path).map((part) => `${name}/${part}`)
    return [name, ...installed(join(path, 'node_modules'))]
  })
}

let tarballs: Map<string, string>
const nodes = new Map<string, string>()
beforeAll(async () => {
  const find = async (version: string) => {
    const args = ['-y', '-p', `node@${version}`, '--', 'node', '-p', 'process.execPath']
    nodes.set(version, await run('npx', args, folder))
  }
  const [packed] = await Promise.all([pack(), ...NODES.map(find)])
  tarballs = packed
}, 300_000)

test('the tarball has the JSON Schema for editors', async () => {
  const text = await run('tar', ['xzOf', tarballs.get('config') ?? '', 'package/dist/schema.json'], folder)
  const source = readFileSync(join(import.meta.dirname, '../../src/public/schema.json'), 'utf8')
  expect(JSON.parse(text)).toEqual(JSON.parse(source))
})

describe.each(PAIRS)(
  '@sess/core, @sess/config and @sess/store-$type alone',
  ({ type, drivers, extra, env }) => {
    const project = join(folder, `with-${type}`)
    beforeAll(async () => {
      mkdirSync(project)
      const write = (name: string, text: string) => writeFileSync(join(project, name), text)
      write('package.json', '{ "private": true, "type": "module" }')
      write('types.ts', typed(type))
      write('main.mjs', esm(type))
      write('main.cjs', cjs(type))
      const parts = ['core', 'config', `store-${type}`].map((part) => tarballs.get(part) ?? '')
      await run('npm', ['i', '--no-audit', '--no-fund', '--prefer-offline', ...parts, ...extra], project)
    }, 120_000)

    test('hold no other driver', () => {
      const there = installed(join(project, 'node_modules'))
      expect(there).toContain(`@sess/store-${type}`)
      expect(there.filter((name) => DRIVERS.includes(name)).sort()).toEqual([...drivers].sort())
    })

    test('type-check', async () => {
      const options = [
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--module',
        'nodenext',
        '--types',
        'node',
      ]
      const types = ['--typeRoots', join(root, 'node_modules/@types'), '--skipLibCheck']
      await run(join(root, 'node_modules/.bin/tsc'), [...options, ...types, 'types.ts'], project)
    })

    test.skipIf(env === undefined).each(NODES)('run on Node %s, imported and required', async (version) => {
      const node = nodes.get(version) ?? ''
      expect(await run(node, ['-p', 'process.version'], project)).toMatch(new RegExp(`^v${version}\\.`))
      for (const main of ['main.mjs', 'main.cjs'])
        expect(await run(node, [main], project, { ...env, SESSION_STORE_TYPE: type })).toBe(
          `${type} Hello, AI!`,
        )
    })
  },
)
