import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cached } from '../src/cache.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sess-'))
  vi.stubEnv('SESS_SERVERS_CACHE', folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const source = new URL('../src/cache.ts', import.meta.url)

/** Fills the cache in a process of its own, slowly, and notes that it did. */
const filler = `
import { appendFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
const { cached } = await import(${JSON.stringify(source.href)})
const set = await cached('set', async (folder) => {
  await appendFile(process.env.SESS_SERVERS_CACHE + '/fills', 'x')
  await writeFile(folder + '/a', 'a')
  await sleep(300)
  await writeFile(folder + '/b', 'b')
})
const { readdirSync } = await import('node:fs')
if (readdirSync(set).join() !== 'a,b') process.exit(1)
`

test('of many processes one fills, and the others wait for it', async () => {
  const start = () =>
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', filler], { stdio: 'inherit' })
  const exits = await Promise.all([start(), start(), start()].map((child) => once(child, 'exit')))
  expect(exits.map(([code]) => code)).toEqual([0, 0, 0])
  expect(await readFile(join(folder, 'fills'), 'utf8')).toBe('x')
}, 20_000)

test("one that died while it filled is in nobody's way", async () => {
  const dying = filler.replace('await sleep(300)', "process.kill(process.pid, 'SIGKILL')")
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', dying])
  await once(child, 'exit')
  const set = await cached('set', (draft) => writeFile(join(draft, 'c'), ''))
  expect(await readdir(set)).toEqual(['c'])
}, 20_000)

test('a fill that fails leaves nothing, and the next tries again', async () => {
  await expect(cached('set', () => Promise.reject(new Error('no network')))).rejects.toThrow('no network')
  expect((await readdir(folder)).filter((name) => !name.endsWith('.lock'))).toEqual([])
  const set = await cached('set', (draft) => writeFile(join(draft, 'c'), ''))
  expect(await cached('set', () => Promise.reject(new Error('filled twice')))).toBe(set)
})
