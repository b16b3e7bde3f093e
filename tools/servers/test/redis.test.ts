import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { startRedis } from '../src/index.ts'
import { findRedis } from '../src/redis-program.ts'
import { clientOf, describeRedis, lend } from './lend.ts'

afterEach(() => vi.unstubAllEnvs())

const flavours = [
  ['redis', 'redis', /^\d+\.\d+\.\d+$/],
  ['redis-8', 'redis', /^[89]\./],
  ['valkey', 'valkey', /^\d+\.\d+\.\d+$/],
] as const

describeRedis('startRedis', { timeout: 120_000 }, () => {
  test.each(flavours)('gives a %s that works', async (flavour, name, version) => {
    const server = await lend(startRedis({ flavour }))
    expect(server).toMatchObject({
      flavour: name,
      host: '127.0.0.1',
      version: expect.stringMatching(version),
    })
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`)
    expect(await clientOf(server).set('key', 'value')).toBe('OK')
  })

  test('gives each its own data', async () => {
    const [one, two] = await Promise.all([
      lend(startRedis({ flavour: 'redis' })),
      lend(startRedis({ flavour: 'redis' })),
    ])
    await clientOf(one).set('key', 'value')
    expect(await clientOf(two).exists('key')).toBe(0)
  })

  test('keeps port and data over a kill', async () => {
    const server = await lend(startRedis({ flavour: 'redis' }))
    await clientOf(server).set('key', 'value')
    await server.kill()
    await expect(clientOf(server).ping()).rejects.toThrow()
    await server.restart()
    expect(await clientOf(server).get('key')).toBe('value')
  })

  test('answers nothing while paused', async () => {
    const server = await lend(startRedis({ flavour: 'redis' }))
    const client = clientOf(server)
    await client.ping()
    server.pause()
    const answer = client.ping()
    expect(await Promise.race([answer, sleep(200, 'silence')])).toBe('silence')
    server.resume()
    expect(await answer).toBe('PONG')
  })

  test('stops for good, paused or not, and leaves nothing', async () => {
    const server = await startRedis({ flavour: 'redis' })
    const [, folder = ''] = (await clientOf(server).config('GET', 'dir')) as string[]
    expect(existsSync(folder)).toBe(true)
    server.pause()
    await server.stop()
    expect(existsSync(folder)).toBe(false)
    await expect(clientOf(server).ping()).rejects.toThrow()
    await server.stop()
  })

  test('takes lines of configuration', async () => {
    const server = await lend(
      startRedis({ config: { requirepass: 'p/w', maxmemory: '64mb', save: '3600 1' } }),
    )
    expect(server.url).toBe(`redis://:p%2Fw@127.0.0.1:${server.port}`)
    const client = clientOf({ ...server, password: 'p/w' })
    expect(await client.config('GET', 'maxmemory')).toEqual(['maxmemory', String(64 << 20)])
    expect(await client.config('GET', 'save')).toEqual(['save', '3600 1'])
  })

  test('says why a server does not start', async () => {
    await expect(startRedis({ config: { nonsense: '1' } })).rejects.toThrow(/ended at once[\s\S]*nonsense/)
  })
})

describeRedis('startRedis with TLS', () => {
  test('speaks it, and to clients with a certificate only', async () => {
    const { tls, ...server } = await lend(startRedis({ flavour: 'redis', tls: true }))
    expect(server.url).toBe(`rediss://127.0.0.1:${server.port}`)
    if (!tls) expect.fail('no certificates')
    expect(await clientOf({ ...server, tls }).ping()).toBe('PONG')
    await expect(clientOf({ ...server, tls: { ca: tls.ca } }).ping()).rejects.toThrow()
    await expect(clientOf({ ...server, tls: { cert: tls.cert, key: tls.key } }).ping()).rejects.toThrow()
    await expect(clientOf(server).ping()).rejects.toThrow()
  })
})

describeRedis('SESS_REDIS_URL', () => {
  test('is used by default, and not to be broken', async () => {
    const given = await lend(startRedis({ config: { requirepass: 'secret' } }))
    vi.stubEnv('SESS_REDIS_URL', given.url)
    const server = await lend(startRedis())
    const { flavour, version, port, url } = given
    expect(server).toMatchObject({ source: 'address', host: '127.0.0.1', flavour, version, port, url })
    expect(() => server.pause()).toThrow('not ours')
    await expect(server.kill()).rejects.toThrow('not ours')
    await server.stop()
    expect(await clientOf({ ...given, password: 'secret' }).ping()).toBe('PONG')
  })

  test('is not used where a test says what it needs', async () => {
    vi.stubEnv('SESS_REDIS_URL', 'redis://127.0.0.1:1')
    expect((await lend(startRedis({ flavour: 'redis' }))).source).not.toBe('address')
    await expect(startRedis()).rejects.toMatchObject({ name: 'NoServerError' })
  })
})

describeRedis('PATH', { timeout: 120_000 }, () => {
  test('comes first where its version is the wanted one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sess-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { command } = await findRedis('redis')
    const file = join(folder, 'redis-server')
    const script = `[ "$1" = --version ] && echo 'Redis server v=7.0.15' && exit\nexec ${command.join(' ')} "$@"\n`
    await writeFile(file, `#!/bin/sh\n${script}`)
    await chmod(file, 0o755)
    vi.stubEnv('PATH', folder + delimiter + process.env.PATH)
    const server = await lend(startRedis({ flavour: 'redis' }))
    expect(server.source).toBe('path')
    expect(await clientOf(server).ping()).toBe('PONG')
    const newest = await lend(startRedis({ flavour: 'redis-8' }))
    expect(newest).toMatchObject({ source: 'packages', version: expect.stringMatching(/^[89]\./) })
  })
})
