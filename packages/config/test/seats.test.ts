import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { codec } from '@sess/codec/config'
import { cache, failover } from '@sess/compose/config'
import { type ConfigurableStore, SessError, type SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { memory } from '@sess/store-memory/config'
import { mysql } from '@sess/store-mysql/config'
import { redis } from '@sess/store-redis/config'
import { describe, expect, test } from 'vitest'
import {
  type Config,
  type ConfigurableWrapper,
  close,
  defaultConfig,
  initialize,
  type LoadOptions,
  loadConfig,
  loadManager,
  type Overrides,
  saveConfig,
} from '../src/index.ts'
import { codeOf, open } from './open.ts'
import { type Row, SEATS } from './parity.ts'
import { faultsIn, refusalOf, SECRET } from './refusal.ts'
import { at, file, ways, yaml } from './ways.ts'

const stores = [memory(), redis(), mysql()]
const wrappers = [failover(), cache()]
const passed = { env: {}, stores, wrappers }
const explained = (config: Pick<Config, 'explain'>, key: string) =>
  config.explain().find((one) => one.key === key)

describe('each key of a seat', () => {
  const JOURNAL = file('', 'journal')
  /** What else must be given for a value to be taken. */
  const beside = ({ key, other }: Row) => ({
    [key.replace(/\.\w+$/, '.type')]: 'memory',
    ...(other === 'accept' && { 'store.fallback.journal_file': JOURNAL }),
  })

  test.each(SEATS)('$key: its default is $initial', (row) => {
    const isType = row.key.endsWith('.type')
    const path = file(yaml(isType ? {} : beside(row)))
    const config = loadConfig({ ...passed, file: path })
    expect(explained(config, row.key)).toMatchObject({ value: row.initial, source: 'default' })
    expect(isType ? config.store : at(config, row.key)).toEqual(
      isType ? { type: 'memory', memory: expect.anything() } : row.initial,
    )
  })

  test.each(SEATS)('$key: by the file', (row) => {
    const path = file(yaml({ ...beside(row), [row.key]: row.other }))
    const config = loadConfig({ ...passed, file: path })
    expect(at(config, row.key)).toBe(row.other)
    expect(explained(config, row.key)).toMatchObject({
      value: row.other,
      source: expect.stringMatching(`^${path}:\\d+:\\d+$`),
    })
  })

  test.each(SEATS)('$key: by a variable, over the file', (row) => {
    const [, byVariable] = ways({ ...beside(row), [row.key]: row.text })
    const { env, file: path } = byVariable?.[1]() ?? { env: {}, file: '' }
    const inFile = row.variable === undefined ? path : file(yaml({ [row.key]: row.initial ?? 'mysql' }))
    const config = loadConfig({ ...passed, file: inFile, env })
    expect(at(config, row.key)).toBe(row.other)
    expect(explained(config, row.key)?.source).toContain(row.variable ?? 'TEST_')
  })
})

describe('which store stands in a seat', () => {
  /** The names of the stores of a manager, each in what it is wrapped by. */
  const nameOf = async (options: LoadOptions) => {
    let name: string | undefined
    const last: ConfigurableWrapper = {
      wrap(store) {
        name = store.info.name
        return store
      },
    }
    await open(() => ({ env: {}, ...options }), options.overrides, { wrappers: [...wrappers, last] })
    return name
  }

  test.each(ways({ 'store.cache.type': 'memory' }))('%s: one of its type', async (_, way) => {
    expect(await nameOf(way())).toBe('cache(memory, memory)')
  })

  test('the first wrapper stands nearest to the main store', async () => {
    const path = file('store: { fallback: { type: memory }, cache: { type: memory } }')
    expect(await nameOf({ file: path })).toBe('cache(failover(memory, memory), memory)')
  })

  test.each([
    ['nothing', ''],
    ['a section without a type', 'store: { cache: { memory: { max_sessions: 5 }, ttl: 5m }, fallback: {} }'],
    ['a section of nothing', 'store:\n  cache:\n  fallback:\n'],
    ['an empty type', 'store: { cache: { type: "" }, fallback: { type: "" } }'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant so.
    ['a variable that is not there', 'store: { cache: { type: "${CACHE:-}" } }'],
  ])('none by %s: the wrapper does nothing', async (_, text) => {
    expect(await nameOf({ file: file(text) })).toBe('memory')
  })

  test('what belongs to no store that is in use is left alone, and explain() says so', () => {
    const text = [
      'store:',
      '  cache: { type: memory, redis: { nonsense: true, password: hunter2 } }',
      '  fallback: { mysql: 5, writes: nonsense }',
    ]
    const path = file(text.join('\n'))
    const config = loadConfig({ ...passed, file: path })
    expect(config.store).toEqual({
      ...{ type: 'memory', memory: expect.anything() },
      cache: { type: 'memory', memory: expect.anything(), max_stale: '0s', messages: 100, ttl: '1h' },
    })
    expect(config.explain().filter(({ note }) => note !== undefined)).toEqual(
      [
        ['store.cache.redis', '2:26', 'left alone: store.cache.type is memory'],
        ['store.fallback.mysql', '3:15', 'left alone: store.fallback.type is not set'],
        ['store.fallback.writes', '3:25', 'left alone: store.fallback.type is not set'],
      ].map(([key, place, note]) => ({ key, value: undefined, source: `${path}:${place}`, note })),
    )
  })

  test("variables are the main store's: in a seat they do nothing, but in a file's text", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant so.
    const path = file('store: { cache: { type: redis, redis: { addr: "${SESSION_REDIS_ADDR}1" } } }')
    const env = {
      ...{ SESSION_STORE_TYPE: 'redis', SESSION_REDIS_ADDR: 'main:1', SESSION_REDIS_DB: '3' },
      SESSION_REDIS_PASSWORD: 'hunter2',
    }
    const { store } = loadConfig({ ...passed, file: path, env })
    expect(at(store, 'redis')).toMatchObject({ addr: 'main:1', db: 3, password: 'hunter2' })
    expect(at(store, 'cache.redis')).toMatchObject({ addr: 'main:11', db: 0, password: '' })
  })

  test('a wrapper of your own, with options as deep as you like', async () => {
    const seen: unknown[] = []
    const { schema } = redis()
    const mirror: ConfigurableWrapper = {
      seat: { name: 'mirror', schema, env: { APP_MIRROR: 'type', APP_MIRROR_TLS: 'tls.enabled' } },
      wrap(store, { default_ttl }, seated) {
        seen.push(default_ttl, seated?.store.info.name, seated?.options, seated?.onEvent)
        return store
      },
    }
    const path = file('store: { mirror: { db: 3, tls: { insecure_skip_verify: yes } } }')
    const way = () => ({ file: path, env: { APP_MIRROR: 'memory', APP_MIRROR_TLS: 'on' } })
    const onEvent = () => {}
    await open(way, {}, { wrappers: [mirror], onEvent })
    const tls = { enabled: true, insecure_skip_verify: true }
    expect(seen).toMatchObject(['24h', 'memory', { db: 3, addr: 'localhost:6379', tls }, onEvent])
    // In an empty one, too, only what is known may stand.
    const text = 'store: { mirror: { tls: { enabled: yes, ca: x } } }'
    expect(faultsIn(text, {}, { wrappers: [mirror] })).toEqual([
      ['store.mirror.tls.ca', '1:41', expect.stringContaining('store.mirror.tls.ca_file')],
    ])
  })
})

describe('a fault in a seat', () => {
  const DURATION = expect.stringMatching(/^a duration such as/)
  test.each<[key: string, value: unknown, expected: unknown]>([
    ['store.cache.max_stall', '1s', 'a known key; the nearest is store.cache.max_stale'],
    ['store.cache.maxMessages', 3, 'a known key; the nearest is store.cache.messages'],
    ['store.cache.memory.max', 3, 'a known key; the nearest is store.cache.memory.max_sessions'],
    ['store.fallback.journal', 'x', 'a known key; the nearest is store.fallback.journal_file'],
    ['store.fallback.nonsense', {}, expect.stringMatching(/^a known key, one of store\.fallback\.type, /)],
    ['store.fallbak', {}, 'a known key; the nearest is store.fallback'],
    ['store.max_stale', '1s', 'a known key; there is store.cache.max_stale'],
    ['store.cache', 'memory', 'a section'],
    ['store.cache.memory', 5, 'a section'],
    ['store.cache.type', 5, 'text'],
    ['store.cache.type', ['memory'], 'text'],
    ['store.cache.type', 'memroy', expect.stringMatching(/the nearest known is memory$/)],
    ['store.cache.type', 'cassandra', expect.stringMatching(/known are memory, redis, mysql$/)],
    ['store.cache.max_stale', '2 seconds', DURATION],
    ['store.cache.max_stale', 0, 'text such as 0s or 2s'],
    ['store.cache.max_stale', '-1s', DURATION],
    ['store.cache.messages', 0, 'a whole number from 1 to 1000'],
    ['store.cache.messages', 1001, 'a whole number from 1 to 1000'],
    ['store.cache.ttl', 'never', DURATION],
    ['store.cache.memory.max_sessions', 'many', 'a whole number from 1 on'],
    ['store.fallback.writes', 'perhaps', 'one of refuse, accept'],
    ['store.fallback.journal_file', 5, 'text such as /var/lib/app/sess.journal'],
    ['store.fallback.warm_sessions', 0, 'a whole number from 1 on'],
    ['store.fallback.warm_messages', -1, 'a whole number from 0 on'],
    ['store.fallback.failures', 0.5, 'a whole number from 1 on'],
    ['store.fallback.first_probe', '0s', DURATION],
    ['store.fallback.last_probe', 'soon', DURATION],
  ])('%s: %j', (key, value, expected) => {
    const text = yaml({ 'store.cache.type': 'memory', 'store.fallback.type': 'memory', [key]: value })
    const name = key.split('.').at(-1)
    const line = text.split('\n').findLastIndex((one) => one.includes(`"${name}":`)) + 1
    const place = key.endsWith('.type') ? expect.any(String) : expect.stringMatching(`^${line}:\\d+$`)
    expect(faultsIn(text, {}, { wrappers })).toEqual([[key, place, expected]])
  })

  test('by a variable, which is named', () => {
    const env = {
      ...{ SESSION_CACHE_TYPE: 'memory', SESSION_CACHE_MAX_STALE: 'x' },
      SESSION_FALLBACK_TYPE: 'Reddis',
    }
    expect(refusalOf({ env, wrappers }).issues).toMatchObject([
      { key: 'store.fallback.type', place: 'SESSION_FALLBACK_TYPE', value: '"Reddis"' },
      { key: 'store.cache.max_stale', place: 'SESSION_CACHE_MAX_STALE', value: '"x"' },
    ])
  })

  test('a type of which no store was passed: the package to install and the line to add', () => {
    const text = 'store: { cache: { type: redis } }'
    expect(faultsIn(text, {}, { wrappers, stores: [memory()] })).toEqual([
      [
        'store.cache.type',
        '1:25',
        expect.stringContaining("import { redis } from '@sess/store-redis/config'"),
      ],
    ])
  })

  test('writes: accept without a file, or with one in no folder', () => {
    const accept = 'store: { fallback: { type: memory, writes: accept'
    expect(faultsIn(`${accept} } }`, {}, { wrappers })).toEqual([
      [
        ...['store.fallback.journal_file', undefined],
        'text such as /var/lib/app/sess.journal, here or in SESSION_FALLBACK_JOURNAL_FILE',
      ],
    ])
    for (const path of ['/no/such/folder/sess.journal', `${file('')}/sess.journal`])
      expect(faultsIn(`${accept}, journal_file: ${path} } }`, {}, { wrappers })).toEqual([
        ['store.fallback.journal_file', '1:66', 'a file in a folder that is there'],
      ])
    // Where none are accepted, nothing is noted: one file may serve several places.
    const env = { SESSION_FALLBACK_WRITES: 'refuse' }
    const path = file(`${accept}, journal_file: /no/such/folder/sess.journal } }`)
    expect(at(loadConfig({ ...passed, env, file: path }), 'store.fallback.writes')).toBe('refuse')
  })

  test('a last probe before the first', () => {
    const text = 'store: { fallback: { type: memory, first_probe: 1m } }'
    expect(faultsIn(text, {}, { wrappers })).toEqual([
      ['store.fallback', undefined, 'last_probe not to be shorter than first_probe'],
    ])
  })

  test('two wrappers of one seat, and a store of its name', () => {
    const twice = { key: 'store.cache', expected: expect.stringContaining('one wrapper') }
    expect(refusalOf({ wrappers: [cache(), cache()] }).issues).toEqual([twice])
    const named: ConfigurableStore = { ...memory(), type: 'cache' }
    expect(refusalOf({ wrappers: [cache()], stores: [memory(), named] }).issues).toEqual([twice])
    // A store of that name is nothing else without the wrapper.
    const path = file('store: { cache: { max_sessions: 5 } }')
    const config = loadConfig({ file: path, env: {}, stores: [memory(), named], wrappers: [] })
    expect(config.store.type).toBe('memory')
  })
})

describe('a section of a seat that no wrapper takes', () => {
  test.each([
    ['fallback', 'failover'],
    ['cache', 'cache'],
  ])('%s: the package to install and the line to add', async (seat, wrapper) => {
    const path = file(`store:\n  ${seat}: { type: memory, memory: { max_sessions: no } }\n`)
    const refused = {
      code: 'CONFIG_INVALID',
      issues: [
        {
          ...{ key: `store.${seat}`, place: `${path}:2:3` },
          expected: expect.stringMatching(
            `npm i @sess/compose.*import { ${wrapper} } from '@sess/compose/config'.*wrappers: \\[${wrapper}\\(\\)\\]`,
          ),
        },
      ],
    }
    expect(refusalOf({ file: path, wrappers: [] })).toMatchObject(refused)
    await expect(loadManager(path, { stores })).rejects.toMatchObject(refused)
    const other = wrappers.filter((one) => one.seat.name !== seat)
    await expect(loadManager(path, { stores, wrappers: other })).rejects.toMatchObject(refused)
    const overrides = { store: { [seat]: { type: 'memory' } } }
    expect(refusalOf({ overrides, wrappers: [] }).issues).toMatchObject([{ place: 'overrides' }])
    // Nothing is no section.
    loadConfig({ ...passed, file: file(`store:\n  ${seat}:\n`), wrappers: [] })
  })

  test('is judged by loadManager where loadConfig was given no wrappers', async () => {
    const path = file('store: { cache: { type: memory, messages: x }, memory: { max_sessions: 5 } }')
    const config = loadConfig({ file: path, env: {}, stores })
    expect(config.store).toEqual({ type: 'memory', memory: expect.anything() })
    expect(explained(config, 'store.cache')).toEqual({
      ...{ key: 'store.cache', value: undefined, source: `${path}:1:10` },
      note: 'judged when wrappers are passed',
    })
    await expect(loadManager(config)).rejects.toThrow("import { cache } from '@sess/compose/config'")
    await expect(loadManager(config, { wrappers })).rejects.toMatchObject({
      issues: [{ key: 'store.cache.messages', place: `${path}:1:43` }],
    })
  })

  test('and what was passed to loadConfig need not be passed again', async () => {
    const path = file('store: { cache: { type: memory, memory: { max_sessions: 5 } } }')
    const config = loadConfig({ file: path, env: {}, wrappers })
    expect(config.store).toMatchObject({ type: 'memory', cache: { type: 'memory', messages: 100 } })
    expect(explained(config, 'store.cache.memory')?.note).toBe('judged when stores are passed')
    await expect(loadManager(config)).rejects.toThrow('npm i @sess/store-memory')
    const manager = await loadManager(config, { stores })
    expect((await manager.health()).ok).toBe(true)
    await manager.close()
  })
})

describe('what is opened is closed', () => {
  /** A memory that writes down when it is opened and closed; a size of 13 cannot be opened. */
  function kinds() {
    const log: string[] = []
    const kind: ConfigurableStore<'memory', { max_sessions: number }> = {
      ...memory(),
      open({ max_sessions }) {
        if (max_sessions === 13) throw new SessError('INVALID_ARGUMENT', 'createMemoryStore: 13 is unlucky')
        log.push(`open ${max_sessions}`)
        const store = createMemoryStore()
        const end = store.close.bind(store)
        return Object.assign(store, {
          async close() {
            log.push(`close ${max_sessions}`)
            await end()
          },
        })
      },
    }
    return { log, stores: [kind] }
  }
  const sizes = (main: number, fallback: number, cached: number): Overrides => {
    const seat = (max_sessions: number) => ({ type: 'memory', memory: { max_sessions } })
    return { store: { ...seat(main), fallback: seat(fallback), cache: seat(cached) } }
  }
  const ALL = ['open 1', 'open 2', 'open 3']
  const CLOSED = ['close 1', 'close 2', 'close 3']

  test('with the manager', async () => {
    const { log, stores } = kinds()
    const manager = await loadManager({ env: {}, overrides: sizes(1, 2, 3), stores, wrappers })
    await manager.createSession('u')
    expect(log).toEqual(ALL)
    await manager.close()
    expect(log.slice(3).sort()).toEqual(CLOSED)
  })

  test.each<[when: string, overrides: Overrides, opened: readonly string[]]>([
    ['the first cannot be opened', sizes(13, 2, 3), []],
    ['the second cannot be opened', sizes(1, 13, 3), ['1']],
    ['the third cannot be opened', sizes(1, 2, 13), ['1', '2']],
  ])('where %s', async (_, overrides, opened) => {
    const { log, stores } = kinds()
    const manager = loadManager({ env: {}, overrides }, { stores, wrappers })
    const message = expect.stringMatching(
      /^loadManager: store(\.fallback|\.cache)?\.memory: createMemoryStore: 13 is unlucky$/,
    )
    await expect(manager).rejects.toMatchObject({ code: 'CONFIG_INVALID', message })
    expect(log.filter((line) => line.startsWith('open')).map((line) => line.slice(5))).toEqual(opened)
    expect(
      log
        .filter((line) => line.startsWith('close'))
        .map((line) => line.slice(6))
        .sort(),
    ).toEqual(opened)
  })

  test('where a wrapper fails, with a seat or without', async () => {
    const failing: ConfigurableWrapper = {
      wrap: () => {
        throw new Error('no')
      },
    }
    const { log, stores } = kinds()
    const source = { env: {}, overrides: sizes(1, 2, 3), stores }
    await expect(loadManager(source, { wrappers: [...wrappers, failing] })).rejects.toThrow('no')
    expect(log.slice(3).sort()).toEqual(CLOSED)
    log.length = 0
    const seated = { ...cache(), wrap: failing.wrap }
    await expect(loadManager(source, { wrappers: [failover(), seated] })).rejects.toThrow('no')
    expect(log.slice(3).sort()).toEqual(CLOSED)
  })

  test('where there is a manager of the process already', async () => {
    await initialize(defaultConfig(), { stores: [memory()] })
    const { log, stores } = kinds()
    const options = { env: {}, overrides: sizes(1, 2, 3), stores, wrappers }
    expect(await codeOf(initialize(options))).toBe('INVALID_ARGUMENT')
    expect(log.slice(3).sort()).toEqual(CLOSED)
    await close()
    await initialize(options)
    await close()
    expect(log.slice(9).sort()).toEqual(CLOSED)
  })
})

describe('what would lose sessions, or show them', () => {
  test('two shared stores in one place are refused, also in two seats', async () => {
    const section = { redis: { addr: 'localhost:1', password: SECRET } }
    const other = { redis: { ...section.redis, key_prefix: 'other' } }
    const refused = (key: string, than: string) => ({
      code: 'CONFIG_INVALID',
      issues: [{ key, expected: expect.stringContaining(`other values than ${than}`) }],
      message: expect.not.stringContaining(SECRET),
    })
    const load = (overrides: Overrides) => loadManager({ ...passed, overrides })
    await expect(
      load({ store: { type: 'redis', ...section, cache: { type: 'redis', ...section } } }),
    ).rejects.toMatchObject(refused('store.cache.redis', 'store.redis'))
    const seat = { type: 'redis', ...section }
    await expect(load({ store: { fallback: seat, cache: seat } })).rejects.toMatchObject(
      refused('store.cache.redis', 'store.fallback.redis'),
    )
    const manager = await load({ store: { type: 'redis', ...section, cache: { type: 'redis', ...other } } })
    await manager.close()
  })

  const encrypting = { 'session.enable_encryption': true, 'session.encryption_key': 'a long passphrase' }

  test('encryption inside of what keeps copies is refused', async () => {
    const path = file(yaml({ ...encrypting, 'store.fallback.type': 'memory' }))
    const source = { file: path, env: {}, stores }
    await expect(loadManager(source, { wrappers: [codec(), failover()] })).rejects.toMatchObject({
      issues: [{ key: 'session.enable_encryption', expected: expect.stringContaining('store.fallback') }],
    })
    const empty = { ...source, file: file(yaml(encrypting)) }
    await (await loadManager(empty, { wrappers: [codec(), failover()] })).close()
  })

  test('outside of it, what is kept in a seat is unreadable', async () => {
    const kept: SessionStore[] = []
    const kind: ConfigurableStore = {
      ...memory(),
      open() {
        kept.push(createMemoryStore())
        return kept.at(-1) as SessionStore
      },
    }
    const path = file(yaml({ ...encrypting, 'store.cache.type': 'memory' }))
    const options = { stores: [kind], wrappers: [failover(), cache(), codec()] }
    const manager = await open(() => ({ file: path, env: {} }), {}, options)
    const { id } = await manager.createSession('u', { messages: [{ role: 'user', content: 'nobody knows' }] })
    expect((await manager.getMessages(id, { last: 1 }))[0]?.content).toBe('nobody knows')
    expect(kept).toHaveLength(2)
    const copy = await kept[1]?.load(id, { messages: { last: 1 } })
    expect(copy?.messages).toHaveLength(1)
    expect(JSON.stringify(copy)).not.toContain('nobody')
  })
})

describe("a secret of a seat's store", () => {
  const text = `store: { cache: { type: redis, redis: { addr: "localhost:1", password: ${SECRET} } } }`
  const load = () => loadConfig({ ...passed, file: file(text) })

  test('shows neither in explain(), nor in JSON, nor to the console', () => {
    const config = load()
    expect(at(config, 'store.cache.redis.password')).toBe(SECRET)
    expect(explained(config, 'store.cache.redis.password')?.value).toBe('***')
    expect(JSON.stringify(config) + inspect(config) + inspect(config.explain())).not.toContain(SECRET)
    expect(JSON.parse(JSON.stringify(config)).store.cache.redis.addr).toBe('localhost:1')
  })

  test.each([
    ['as a list', `store: { cache: { type: redis, redis: { password: [${SECRET}] } } }`],
    ['under a misspelt name', `store: { cache: { type: redis, redis: { passwrod: ${SECRET} } } }`],
    [
      'again where something else belongs',
      `store: { cache: { type: redis, ttl: x${SECRET}, redis: { password: ${SECRET} } } }`,
    ],
    ['in an address', `store: { cache: { type: redis, redis: { addr: "a:${SECRET}@b" } } }`],
  ])('%s: is in no message', (_, wrong) => {
    // `faultsIn` looks for it.
    expect(faultsIn(wrong, {}, { wrappers })).toHaveLength(1)
  })

  test('nor in what a store says when it is opened', async () => {
    const refuse = () => {
      throw new SessError('INVALID_ARGUMENT', `createRedisStore: ${SECRET} cannot be`)
    }
    const kinds = [memory(), { ...redis(), open: refuse }]
    const error = await loadManager(load(), { stores: kinds }).catch((caught: SessError) => caught)
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'loadManager: store.cache.redis: createRedisStore: *** cannot be',
    })
    expect(inspect(error)).not.toContain(SECRET)
  })
})

test.each(['sess.yaml', 'sess.json'])('%s: what is saved is loaded again, but for secrets', (name) => {
  const rows = SEATS.map(({ key, other }) => [key, other] as const)
  const given = { ...Object.fromEntries(rows), 'store.cache.type': 'redis' }
  const path = file(yaml({ ...given, 'store.cache.redis.db': 3, 'store.cache.redis.password': SECRET }))
  const config = loadConfig({ ...passed, file: path })
  const saved = file('', name)
  saveConfig(config, saved)
  const text = readFileSync(saved, 'utf8')
  expect(text).not.toContain(SECRET)
  if (name.endsWith('.yaml')) expect(text).toContain('# store.cache.redis.password is a secret')
  const overrides = { store: { cache: { redis: { password: SECRET } } } }
  expect(loadConfig({ ...passed, file: saved, overrides })).toEqual(config)
  expect(at(config, 'store.cache.redis.db')).toBe(3)
})

test('all of a seat is frozen', () => {
  const config = loadConfig({ ...passed, overrides: { store: { cache: { type: 'redis' } } } })
  const all = ['store', 'store.cache', 'store.cache.redis', 'store.cache.redis.tls'].map((key) =>
    at(config, key),
  )
  expect(all.every(Object.isFrozen)).toBe(true)
})
