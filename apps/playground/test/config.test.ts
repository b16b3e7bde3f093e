import { fileURLToPath } from 'node:url'
import { orSkip, startMysql, startRedis } from '@sess/servers'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { configured } from '../src/configured.ts'
import { plainMemory } from '../src/stores.ts'
import { checks } from '../src/tour/checks/index.ts'
import { run } from '../src/tour/run.ts'
import { readSamples } from '../src/tour/transcripts.ts'
import { ways } from '../src/tour/ways.ts'
import { runChild } from './child.ts'
import { startModel } from './model-server.ts'

const TIMEOUT = 60_000
const redis = await orSkip(() => startRedis())
const mysql = await orSkip(() => startMysql())
afterAll(async () => {
  await redis?.stop()
  await mysql?.stop()
})

const onRedis = redis && { SESSION_REDIS_ADDR: `${redis.host}:${redis.port}` }
const cases = [
  ['redis', 'redis', onRedis],
  ['mysql', 'mysql', mysql && { SESSION_MYSQL_DSN: mysql.url }],
  // They run at once, and each looks for its own sessions.
  ['fallback', 'redis', onRedis && { ...onRedis, SESSION_REDIS_KEY_PREFIX: 'fallback:' }],
] as const

describe('the tour by a configuration', () => {
  for (const [name, type, env] of cases) {
    it.skipIf(env === undefined)(`holds on the store that the file names: ${name}`, async () => {
      for (const [variable, value] of Object.entries(env ?? {})) vi.stubEnv(variable, value)
      const kind = configured(fileURLToPath(new URL(`../config/${name}.yaml`, import.meta.url)))
      vi.unstubAllEnvs()
      const moves = [plainMemory]
      const conversations = await readSamples()
      const plan = { stores: [kind], ways: ways.slice(0, 1), moves, checks, conversations }
      const [outcome] = await run(plan, () => {})
      const verdicts = [...(outcome?.verdicts.values() ?? [])]
      expect(verdicts.filter((verdict) => typeof verdict === 'string')).toEqual([])
      expect(outcome?.messages).toBeGreaterThan(100)
      // Nothing of it is left.
      expect(kind.name).toBe(`${type} by file`)
      const { store } = await kind.open()
      expect((await store.list({ all: true, limit: 1 })).sessions).toEqual([])
      await store.close()
    })
  }
})

describe.concurrent('the playground by a configuration', () => {
  for (const [name, type, env] of cases) {
    it.skipIf(env === undefined)(`goes on where it was left: ${name}`, { timeout: TIMEOUT }, async () => {
      const config = ['--config', `config/${name}.yaml`]
      const first = await runChild('src/main.ts', config, 'my name is Ana\n/new Newer\n/open 2\n', env)
      expect(first).toMatchObject({ code: 0, err: '' })
      expect(first.out).toContain(`a chat with a small offline agent, on the store '${type}'`)
      const id = /To go on: start --config \S+ --session (\S+)\n$/.exec(first.out)?.[1] as string
      const second = await runChild('src/main.ts', [...config, '--session', id], 'what is my name?\n', env)
      expect(second).toMatchObject({ code: 0, err: '' })
      expect(second.out).toContain('In my name is Ana, 4 messages.')
      expect(second.out).toContain('agent: Your name is Ana.')
    })
  }

  it.skipIf(redis === undefined)(
    'goes on with a language model that sees what was said before',
    { timeout: TIMEOUT },
    async () => {
      const model = await startModel(({ messages }) => ({ text: ['I see ', `${messages.length - 1}.`] }))
      const config = ['--config', 'config/redis.yaml']
      const env = {
        SESSION_REDIS_ADDR: `${redis?.host}:${redis?.port}`,
        SESSION_REDIS_KEY_PREFIX: 'model:',
        OPENAI_BASE_URL: model.url,
      }
      const first = await runChild('src/main.ts', [...config], '/new Model\none\ntwo\n', env)
      expect(first.out).toMatch(/agent: I see 1\.\nagent: I see 3\.\n/)
      const id = /--session (\S+)\n$/.exec(first.out)?.[1] as string
      const second = await runChild('src/main.ts', [...config, '--session', id], 'three\n', env)
      expect(second.out).toMatch(/\nagent: I see 5\.\n/)
      await model.stop()
    },
  )

  it('tells that there is no such session, and ends with exit code 1', { timeout: TIMEOUT }, async () => {
    const { code, err } = await runChild('src/main.ts', ['--session', 'nowhere'])
    expect(code).toBe(1)
    expect(err).toMatch(/^There is no such session/)
  })

  it('tells what is wrong with it, and ends with exit code 2', { timeout: TIMEOUT }, async () => {
    const env = { SESSION_STORE_TYPE: 'memroy' }
    for (const args of [
      ['--config', 'config/memory.yaml'],
      ['--tour', '--config', 'config/memory.yaml'],
    ]) {
      const { code, out, err } = await runChild('src/main.ts', args, '', env)
      expect([code, out]).toEqual([2, ''])
      expect(err).toContain('memroy')
    }
  })
})
