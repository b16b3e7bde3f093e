import { memory } from '@sess/store-memory/config'
import { mysql } from '@sess/store-mysql/config'
import { redis } from '@sess/store-redis/config'
import { describe, expect, test } from 'vitest'
import { defaultConfig, loadConfig, loadFromEnv } from '../src/index.ts'
import { PARITY, type Row } from './parity.ts'
import { at, file, ways, yaml } from './ways.ts'

const stores = [memory(), redis(), mysql()]
const type = (key: string) => /^store\.(\w+)\./.exec(key)?.[1] ?? 'memory'
/** What else must be given for a value to be taken. */
const beside = ({ key }: Row) =>
  key === 'session.enable_encryption' ? { 'session.encryption_key': 'some key' } : {}
const explained = (config: ReturnType<typeof loadConfig>, key: string) =>
  config.explain().find((one) => one.key === key)

describe('each key of the seed', () => {
  test.each(PARITY)('$key: its default is $initial', ({ key, initial }) => {
    const config = defaultConfig({ stores, overrides: { store: { type: type(key) } } })
    expect(at(config, key)).toBe(initial)
    expect(explained(config, key)).toMatchObject({ value: initial, source: 'default' })
  })

  test.each(PARITY)('$key: by the file', (row) => {
    const path = file(yaml({ 'store.type': type(row.key), [row.key]: row.other, ...beside(row) }))
    const config = loadConfig({ file: path, env: {}, stores })
    expect(at(config, row.key)).toBe(row.other)
    const { value, source } = explained(config, row.key) ?? {}
    expect(value).toBe(row.isSecret ? '***' : row.other)
    expect(source).toMatch(new RegExp(`^${path}:\\d+:\\d+$`))
  })

  test.each(PARITY)('$key: by a variable, over the file', (row) => {
    const [, byVariable] = ways({ 'store.type': type(row.key), [row.key]: row.text, ...beside(row) })
    const { env, file: path } = byVariable?.[1]() ?? { env: {}, file: '' }
    // With a variable of its own, the file must lose.
    const inFile = row.variable === undefined ? path : file(yaml({ [row.key]: row.initial }))
    const config = loadConfig({ file: inFile, env, stores })
    expect(at(config, row.key)).toBe(typeof row.other === 'string' ? row.text : row.other)
    expect(explained(config, row.key)?.source).toContain(row.variable ?? `TEST_`)
  })

  test.each(PARITY.filter(({ isWithoutEffect }) => isWithoutEffect))(
    '$key: is taken, and explain() says that it does nothing',
    ({ key, other }) => {
      const config = loadConfig({
        file: file(yaml({ 'store.type': type(key), [key]: other })),
        env: {},
        stores,
      })
      expect(explained(config, key)).toMatchObject({
        value: other,
        note: expect.stringMatching(/connection/),
      })
    },
  )

  test('no other key says that it does nothing, and there are no other keys', () => {
    const types = ['memory', 'redis', 'mysql']
    const all = types.flatMap((name) => [
      ...defaultConfig({ stores, overrides: { store: { type: name } } }).explain(),
    ])
    const idle = PARITY.filter(({ isWithoutEffect }) => isWithoutEffect).map(({ key }) => key)
    expect(all.filter(({ note }) => note !== undefined).map(({ key }) => key)).toEqual(idle)
    expect(new Set(all.map(({ key }) => key))).toEqual(
      new Set(['store.type', ...PARITY.map(({ key }) => key)]),
    )
  })

  test('store.type: memory by default, by the file, by a variable', () => {
    expect(defaultConfig({ stores }).store.type).toBe('memory')
    const path = file('store: { type: redis }')
    expect(loadConfig({ file: path, env: {}, stores }).store.type).toBe('redis')
    const env = { SESSION_STORE_TYPE: 'mysql' }
    expect(loadConfig({ file: path, env, stores }).store.type).toBe('mysql')
    expect(loadFromEnv({ env, stores }).store.type).toBe('mysql')
  })
})

describe('sources', () => {
  test('overrides over variables over the file over defaults', () => {
    const path = file(
      yaml({ 'cleanup.batch_size': 1, 'cleanup.interval': '1m', 'session.default_ttl': '1h' }),
    )
    const env = { SESSION_CLEANUP_BATCH_SIZE: '2', SESSION_CLEANUP_INTERVAL: '2m' }
    const config = loadConfig({ file: path, env, overrides: { cleanup: { batch_size: 3 } }, stores })
    expect(config.cleanup).toEqual({ enabled: true, interval: '2m', batch_size: 3 })
    expect(config.session.default_ttl).toBe('1h')
  })

  test('the process has an environment, unless another is given', () => {
    process.env.SESSION_CLEANUP_BATCH_SIZE = '17'
    try {
      expect(loadFromEnv().cleanup.batch_size).toBe(17)
      expect(loadFromEnv({ env: {} }).cleanup.batch_size).toBe(100)
      expect(defaultConfig().cleanup.batch_size).toBe(100)
    } finally {
      delete process.env.SESSION_CLEANUP_BATCH_SIZE
    }
  })

  test('an empty variable is none, and so is a key without a value', () => {
    const path = file('cleanup: { interval: , batch_size: 5 }\nsession:\n')
    const config = loadConfig({ file: path, env: { SESSION_CLEANUP_BATCH_SIZE: '' }, stores })
    expect(config.cleanup).toEqual({ enabled: true, interval: '1h', batch_size: 5 })
  })

  test('JSON is read as YAML is, and an empty file is as good as none', () => {
    const path = file('{"store":{"type":"redis","redis":{"db":2}}}', 'sess.json')
    expect(loadConfig({ file: path, env: {}, stores }).store).toMatchObject({
      type: 'redis',
      redis: { db: 2 },
    })
    expect(loadConfig({ file: file(''), env: {}, stores })).toEqual(defaultConfig({ stores }))
  })

  test.each(['true', '1', 'yes', 'on', 'TRUE', 'On'])('%s is true, in a variable as in a file', (text) => {
    const env = { SESSION_ENABLE_COMPRESSION: text }
    expect(loadFromEnv({ env }).session.enable_compression).toBe(true)
    const path = file(yaml({ 'session.enable_compression': text }))
    expect(loadConfig({ file: path, env: {} }).session.enable_compression).toBe(true)
  })

  test.each(['false', '0', 'no', 'off'])('%s is false', (text) => {
    expect(loadFromEnv({ env: { SESSION_CLEANUP_ENABLED: text } }).cleanup.enabled).toBe(false)
  })

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are put in by what is tested.
  test('variables in a file, with defaults, and ${ itself', () => {
    const path = file(
      yaml({
        'store.type': '${TYPE}',
        'store.redis.addr': '${HOST:-localhost}:${PORT}',
        'store.redis.db': '${DB:-4}',
        'store.redis.password': '${NONE:-}',
        'store.redis.key_prefix': 'a$b',
      }),
    )
    const env = { TYPE: 'redis', PORT: '7000', DB: '' }
    const config = loadConfig({ file: path, env, stores: [redis()] })
    expect(config.store.redis).toMatchObject({
      ...{ addr: 'localhost:7000', db: 4, password: '', key_prefix: 'a$b' },
    })
    expect(explained(config as never, 'store.redis.addr')?.source).toMatch(/sess\.yaml:\d+:\d+, HOST, PORT$/)
    const literal = file(yaml({ 'store.type': 'mysql', 'store.mysql.username': '$${HOME}' }))
    const { mysql: section } = loadConfig({ file: literal, env: {}, stores: [mysql()] }).store
    expect(section.username).toBe('${HOME}')
  })
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

  test.each(PARITY.filter(({ isSecret }) => isSecret))('$key from the file that a variable names', (row) => {
    const secret = file(`${row.text}\n`, 'secret')
    const env = { SESSION_STORE_TYPE: type(row.key), [`${row.variable}_FILE`]: secret }
    const config = loadConfig({ env, stores })
    expect(at(config, row.key)).toBe(row.text)
    expect(explained(config, row.key)).toMatchObject({ value: '***', source: `${row.variable}_FILE` })
  })

  test.each([
    ['1048576', 1_048_576],
    ['64KiB', 65_536],
    ['64 KB', 64_000],
    ['1.5MiB', 1_572_864],
    ['2mb', 2_000_000],
    ['1GiB', 1_073_741_824],
  ])('a size of %s is %i bytes', async (text, bytes) => {
    const { toBytes } = await import('../src/size.ts')
    expect(toBytes(text)).toBe(bytes)
  })

  test('sections of other stores stay as they are, and explain() says so', () => {
    const path = file('store:\n  redis: { nonsense: true, password: hunter2 }\n  mysql: 5\n')
    const config = loadConfig({ file: path, env: {}, stores: [memory(), redis()] })
    expect(config.store).toEqual({ type: 'memory', memory: expect.anything() })
    expect(config.explain().filter(({ note }) => note !== undefined)).toEqual([
      {
        key: 'store.redis',
        value: undefined,
        source: `${path}:2:3`,
        note: 'left alone: store.type is memory',
      },
      {
        key: 'store.mysql',
        value: undefined,
        source: `${path}:3:3`,
        note: 'left alone: store.type is memory',
      },
    ])
  })
})

describe('what is loaded', () => {
  test('is frozen all the way down', () => {
    const config = defaultConfig({ stores, overrides: { store: { type: 'redis' } } })
    const all = [
      config,
      config.store,
      config.session,
      config.cleanup,
      at(config, 'store.redis'),
      at(config, 'store.redis.tls'),
    ]
    expect(all.every(Object.isFrozen)).toBe(true)
  })

  test('shows no secret in JSON, nor to the console', async () => {
    const { inspect } = await import('node:util')
    const config = loadFromEnv({
      stores,
      env: { SESSION_STORE_TYPE: 'redis', SESSION_REDIS_PASSWORD: 'hunter2' },
    })
    expect(at(config, 'store.redis.password')).toBe('hunter2')
    expect(JSON.stringify(config) + inspect(config) + inspect(config.explain())).not.toContain('hunter2')
    expect(JSON.parse(JSON.stringify(config)).store.redis.addr).toBe('localhost:6379')
  })
})
