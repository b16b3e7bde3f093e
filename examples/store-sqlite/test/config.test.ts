import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultConfig, jsonSchema, loadConfig, loadManager, saveConfig } from '@sess/config'
import { memory } from '@sess/store-memory/config'
import { afterAll, expect, test } from 'vitest'
import { sqlite } from '../src/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'sess-sqlite-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const stores = [memory(), sqlite()]
const path = (name: string) => join(folder, name)
const file = (name: string, text: string) => {
  writeFileSync(path(name), text)
  return path(name)
}

test('by a file: what one manager wrote, the next one finds', async () => {
  const config = file('sess.yaml', `store: { type: sqlite, sqlite: { path: "${path('a.db')}" } }`)
  const first = await loadManager(config, { stores })
  const { id } = await first.createSession('u')
  await first.addMessage(id, { role: 'user', content: 'Hello, AI!' })
  await first.close()
  const second = await loadManager(config, { stores })
  expect(await second.getMessages(id, { last: 1 })).toMatchObject([{ content: 'Hello, AI!' }])
  await second.close()
})

test('by variables of its own, over the file', async () => {
  const config = file(
    'sess.yaml',
    'store: { type: sqlite, sqlite: { path: /nowhere/at/all.db, timeout: 9s } }',
  )
  const env = { SESSION_SQLITE_PATH: path('b.db') }
  const loaded = loadConfig({ file: config, env, stores })
  expect(loaded.store).toEqual({ type: 'sqlite', sqlite: { path: path('b.db'), timeout: '9s' } })
  expect(loaded.explain().filter(({ key }) => key.startsWith('store.sqlite'))).toEqual([
    { key: 'store.sqlite.path', value: path('b.db'), source: 'SESSION_SQLITE_PATH' },
    { key: 'store.sqlite.timeout', value: '9s', source: `${config}:1:69` },
  ])
  const manager = await loadManager(loaded)
  expect(await manager.health()).toMatchObject({ ok: true })
  await manager.close()
})

test('its defaults, and its types', () => {
  const { store } = defaultConfig({ stores, overrides: { store: { type: 'sqlite', sqlite: { path: 'x' } } } })
  if (store.type !== 'sqlite') throw new Error('another type')
  const { timeout, path }: { readonly path: string; readonly timeout: string } = store.sqlite
  expect([path, timeout]).toEqual(['x', '5s'])
})

test('its errors: what is missing, unknown, or not as it should be', () => {
  const config = file('sess.yaml', 'store:\n  type: sqlite\n  sqlite:\n    pth: x\n    timeout: soon\n')
  const issues = [
    {
      key: 'store.sqlite.pth',
      place: `${config}:4:5`,
      expected: 'a known key; the nearest is store.sqlite.path',
    },
    { key: 'store.sqlite.path', value: 'missing', expected: 'text, here or in SESSION_SQLITE_PATH' },
    {
      key: 'store.sqlite.timeout',
      place: `${config}:5:14`,
      value: '"soon"',
      expected: "a duration such as '5s'",
    },
  ]
  expect(() => loadConfig({ file: config, env: {}, stores })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', issues }),
  )
})

test('a file that is no database is an error of the first call', async () => {
  const env = { SESSION_STORE_TYPE: 'sqlite', SESSION_SQLITE_PATH: file('text', 'x'.repeat(1000)) }
  const manager = await loadManager({ env }, { stores })
  expect(await manager.health()).toMatchObject({ ok: false, error: { code: 'STORE_UNAVAILABLE' } })
  await manager.close()
})

test('without its factory, the type is known to nobody', () => {
  const env = { SESSION_STORE_TYPE: 'sqlite' }
  expect(() => loadConfig({ env, stores: [memory()] })).toThrow(
    /store\.type is "sqlite" \(SESSION_STORE_TYPE\)/,
  )
})

test('what is saved is loaded again', () => {
  const config = loadConfig({ env: { SESSION_STORE_TYPE: 'sqlite', SESSION_SQLITE_PATH: 'c.db' }, stores })
  saveConfig(config, path('saved.yaml'))
  expect(loadConfig({ file: path('saved.yaml'), env: {}, stores })).toEqual(config)
})

test('its schema is that in sess.schema.json', async () => {
  const text = `${JSON.stringify(jsonSchema(stores), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('../sess.schema.json')
})

test('docs/write-a-store.md shows this very configuration', () => {
  const page = readFileSync(new URL('../../../docs/write-a-store.md', import.meta.url), 'utf8')
  expect(page).toContain(readFileSync(new URL('../src/config.ts', import.meta.url), 'utf8'))
})

test('two runs of the example', () => {
  const run = () =>
    execFileSync('../../node_modules/.bin/tsx', ['src/main.ts'], {
      ...{ cwd: join(import.meta.dirname, '..'), encoding: 'utf8' },
      env: { ...process.env, SESSIONS_DB: path('run.db') },
    })
  expect(run()).toMatch(/^1 Hello at [^\n]+\n$/)
  expect(run()).toMatch(/^1 Hello at [^\n]+\n2 Hello at [^\n]+\n$/)
})
