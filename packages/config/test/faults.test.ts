import { type ConfigurableStore, SessError } from '@sess/core'
import { memory } from '@sess/store-memory/config'
import { mysql } from '@sess/store-mysql/config'
import { redis } from '@sess/store-redis/config'
import { describe, expect, test } from 'vitest'
import { defaultConfig, loadConfig, loadManager } from '../src/index.ts'
import { faultsIn, refusalOf, SECRET } from './refusal.ts'
import { file, yaml } from './ways.ts'

const stores = [memory(), redis(), mysql()]

describe('a fault of each kind at each kind of key', () => {
  const WHOLE = (from: number) => `a whole number from ${from} on`
  const TRUE_OR_FALSE = 'true or false (yes, on, 1 or no, off, 0)'
  const DURATION = expect.stringMatching(/^(a duration|text) such as/)
  test.each<[kind: string, key: string, value: unknown, expected: unknown]>([
    ['a whole number', 'store.memory.max_sessions', 'many', WHOLE(1)],
    ['a whole number', 'store.memory.max_sessions', 0, WHOLE(1)],
    ['a whole number', 'store.redis.db', 1.5, WHOLE(0)],
    ['a whole number', 'store.redis.max_retries', -1, WHOLE(0)],
    ['a whole number', 'session.max_message_count', true, WHOLE(1)],
    ['a whole number', 'store.mysql.max_open_conns', [1], WHOLE(1)],
    ['a whole number in a range', 'store.mysql.port', 70_000, 'a whole number from 1 to 65535'],
    ['a whole number in a range', 'cleanup.batch_size', '5000', 'a whole number from 1 to 1000'],
    ['a name of several', 'store.memory.eviction_policy', 'fifo', 'one of lru, lfu, oldest'],
    ['a name of several', 'store.memory.eviction_policy', 3, 'one of lru, lfu, oldest'],
    ['a boolean', 'cleanup.enabled', 'maybe', TRUE_OR_FALSE],
    ['a boolean', 'store.redis.tls.enabled', 2, TRUE_OR_FALSE],
    ['a boolean', 'session.enable_compression', {}, TRUE_OR_FALSE],
    ['a duration', 'session.default_ttl', '24 hours', DURATION],
    ['a duration', 'session.default_ttl', '-1h', DURATION],
    ['a duration', 'session.default_ttl', 3600, DURATION],
    ['a duration', 'cleanup.interval', 'never', DURATION],
    ['a duration', 'store.memory.cleanup_interval', false, DURATION],
    ['a duration', 'store.redis.dial_timeout', '5', DURATION],
    ['a duration', 'store.redis.read_timeout', 0, DURATION],
    ['a duration', 'store.mysql.conn_max_lifetime', '1d', DURATION],
    ['a size', 'session.max_context_size', '1 potato', expect.stringMatching(/^a size/)],
    ['a size', 'session.max_context_size', -5, expect.stringMatching(/^a size/)],
    ['an address', 'store.redis.addr', 'localhost', expect.stringMatching(/^host:port/)],
    ['an address', 'store.redis.addr', 6379, 'text'],
    ['text of a form', 'store.redis.key_prefix', 'a{b}', expect.stringMatching(/braces/)],
    ['text of a form', 'store.mysql.table_name', 'a b', expect.stringMatching(/letters/)],
    ['text', 'store.mysql.host', '', 'text'],
    ['text', 'store.mysql.username', 5, 'text'],
    ['a file', 'store.redis.tls.ca_file', '/no/such/ca.pem', 'a file that can be read'],
    ['a file', 'store.mysql.tls.key_file', '/', 'a file that can be read'],
    ['a section', 'store.redis.tls', 'on', 'a section'],
    ['a section', 'store.memory', 5, 'a section'],
    ['a section', 'session', ['24h'], 'a section'],
    ['a secret', 'store.redis.password', { is: SECRET }, 'text'],
    ['a secret', 'store.mysql.password', [SECRET], 'text'],
    ['a secret', 'session.encryption_key', 12_345, 'text'],
    [
      'a secret of a form',
      'store.mysql.dsn',
      `${SECRET}@nowhere`,
      expect.stringMatching(/^text such as mysql/),
    ],
  ])('%s: %s: %j', (_, key, value, expected) => {
    const type = /^store\.(\w+)/.exec(key)?.[1] ?? 'memory'
    const text = yaml({ 'store.type': type, [key]: value })
    const last = key.split('.').at(-1)
    const line = text.split('\n').findIndex((one) => one.includes(`"${last}":`)) + 1
    expect(faultsIn(text)).toEqual([[key, expect.stringMatching(`^${line}:\\d+$`), expected]])
  })

  test('by a variable, which is named instead of a line', () => {
    const env = { SESSION_CLEANUP_BATCH_SIZE: 'x', SESSION_MAX_MESSAGE_COUNT: '0', SESSION_DEFAULT_TTL: '1y' }
    const { issues } = refusalOf({ env })
    expect(issues.map(({ key, place, value }) => [key, place, value])).toEqual([
      ['session.default_ttl', 'SESSION_DEFAULT_TTL', '"1y"'],
      ['session.max_message_count', 'SESSION_MAX_MESSAGE_COUNT', '0'],
      ['cleanup.batch_size', 'SESSION_CLEANUP_BATCH_SIZE', '"x"'],
    ])
  })

  test('by the application, and a cycle in what it gives', () => {
    const cycle: { [name: string]: unknown } = {}
    for (const name of ['store', 'session', 'cleanup', 'other']) cycle[name] = cycle
    const { issues } = refusalOf({ overrides: { cleanup: { batch_size: 0 }, store: cycle } })
    expect(issues.map(({ key, place }) => [key, place])).toEqual([
      ...['store', 'session', 'cleanup', 'other'].map((name) => [`store.${name}`, 'overrides']),
      ['cleanup.batch_size', 'overrides'],
    ])
  })

  test('all at once, each with key, value, place and what was expected', () => {
    const path = file(
      'store:\n  type: redis\n  redis: { db: x, pool: 3 }\nsesion: {}\ncleanup: { interval: soon }\n',
    )
    const { message } = refusalOf({ file: path, env: { SESSION_REDIS_ADDR: 'nowhere' } })
    expect(message.replaceAll(path, 'sess.yaml').split('\n')).toEqual([
      'loadConfig: the configuration has 5 problems',
      '  - store.redis.pool (sess.yaml:3:19): expected a known key; the nearest is store.redis.pool_size',
      '  - sesion (sess.yaml:4:1): expected a known key; the nearest is session',
      '  - store.redis.addr is "nowhere" (SESSION_REDIS_ADDR): expected host:port, or the path of a unix socket',
      '  - store.redis.db is "x" (sess.yaml:3:16): expected a whole number from 0 on',
      `  - cleanup.interval is "soon" (sess.yaml:5:22): expected a duration such as '300ms', '1.5h' or '2h45m'`,
    ])
  })
})

describe('an unknown key', () => {
  test.each([
    ['stor', 'stor: {}', '1:1', 'store'],
    ['store.typ', 'store: { typ: redis }', '1:10', 'store.type'],
    [
      'store.memory.maxSessions',
      'store: { memory: { maxSessions: 1 } }',
      '1:20',
      'store.memory.max_sessions',
    ],
    [
      'store.memory.MAX_SESSION',
      'store:\n  memory:\n    MAX_SESSION: 1',
      '3:5',
      'nearest is store.memory.max_sessions',
    ],
    ['store.memory.max-session', 'store:\n  memory:\n    max-session: 1', '3:5', 'store.memory.max_sessions'],
    ['session.ttl', 'session: { ttl: 1h }', '1:12', 'session.default_ttl'],
    [
      'session.cleanup_interval',
      'session: { cleanup_interval: 1h }',
      '1:12',
      'store.memory.cleanup_interval',
    ],
    ['store.type', '"store.type": memory', '1:1', 'store'],
    ['<<', 'cleanup: &c { enabled: true }\n<<: *c', '2:1', 'store, session, cleanup'],
  ])('%s: its place, and what was likely meant', (key, text, place, meant) => {
    expect(faultsIn(text)).toEqual([[key, place, expect.stringContaining(meant)]])
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is one, at any depth', (name) => {
    expect(faultsIn(`${name}: { polluted: yes }`)).toEqual([[name, '1:1', expect.any(String)]])
    expect(faultsIn(`session:\n  ${name}: { polluted: yes }`)).toEqual([
      [`session.${name}`, '2:3', expect.any(String)],
    ])
    expect(faultsIn(`{"store": {"${name}": {"type": "redis"}}}`)).toEqual([
      [`store.${name}`, '1:12', expect.any(String)],
    ])
    const unknown = expect.stringMatching(/known are memory, redis, mysql$/)
    expect(faultsIn(`store: { type: ${name} }`)).toEqual([['store.type', '1:16', unknown]])
    const overrides = JSON.parse(`{"session": {"${name}": {"polluted": true}}}`)
    expect(refusalOf({ overrides }).issues).toMatchObject([{ key: `session.${name}` }])
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('a file that cannot be read', () => {
  test('is named, with the reason', () => {
    expect(refusalOf({ file: '/no/such/sess.yaml' }).message).toContain(
      '/no/such/sess.yaml: cannot be read (ENOENT)',
    )
    expect(refusalOf({ file: '/' }).message).toContain('/: cannot be read (EISDIR)')
    const binary = file(Buffer.from([0xff, 0xfe]))
    expect(refusalOf({ file: binary }).message).toContain('is not UTF-8')
  })

  test.each([
    ['a flow that is not closed', 'store: { type: redis', '1:21'],
    ['a quote that is not closed', `session:\n  encryption_key: "${SECRET}`, '2:27'],
    ['a tab', `store:\n\ttype: ${SECRET}`, '2:1'],
    ['a key twice', `store:\n  type: memory\nstore:\n  type: ${SECRET}`, '3:1'],
    ['two documents', `store: {}\n---\npassword: ${SECRET}`, '2:1'],
    ['an unknown tag', `store: !${SECRET} {}`, '1:8'],
    ['JSON with a comma too many', `{"session": {"encryption_key": "${SECRET}",,}}`, '1:42'],
    ['text between', `store:\n  redis:\n    password: "${SECRET}" ${SECRET}`, '3:25'],
  ])('%s: the line and column, and nothing of what stands there', (_, text, place) => {
    const [fault] = faultsIn(text)
    expect(fault).toEqual(['', place, expect.any(String)])
  })

  test('an alias without an anchor', () => {
    expect(faultsIn(`session:\n  encryption_key: *${SECRET}`)).toEqual([
      ['', '2:19', 'an alias needs an anchor before it'],
    ])
  })

  test.each([
    ['in a list', 'store: &a [*a]', '1:12'],
    ['in a section', 'store: &a\n  redis: *a', '2:10'],
    ['by way of another', 'store: &a { redis: &b { tls: *a } }\nsession: *b', '1:30'],
  ])('an alias in what it means itself, %s', (_, text, place) => {
    expect(faultsIn(text)).toEqual([['', place, 'an alias stands in what it means itself']])
  })

  test('a bomb of aliases', () => {
    const layers = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (const [one, before] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg', 'ih'] as unknown as [
      string,
      string,
    ][])
      layers.push(`${one}: &${one} [${Array(9).fill(`*${before}`).join()}]`)
    expect(faultsIn(layers.join('\n'))).toEqual([
      ['', expect.any(String), expect.stringMatching(/more than 10000/)],
    ])
  })

  test.each([
    ['deep sections', `${'a: { '.repeat(5)}${'b: {'.repeat(50)}${'}'.repeat(55)}`],
    ['deep lists', `a: ${'['.repeat(100)}${']'.repeat(100)}`],
    ['lists so deep that the parser gives up', '['.repeat(20_000)],
  ])('%s', (_, text) => {
    expect(faultsIn(text)[0]?.[0]).toBe('')
  })

  test('a file of more than 1 MiB', () => {
    expect(faultsIn(`# ${'x'.repeat(1024 * 1024)}`)).toEqual([
      ['', expect.any(String), expect.stringMatching(/1 MiB/)],
    ])
  })

  test.each(['memory', '5', '[store]', '"text"'])('a whole that is no section: %s', (text) => {
    expect(faultsIn(text)).toEqual([['the whole', '1:1', 'a section']])
  })

  test('aliases that are no bomb are fine', () => {
    const path = file('cleanup: &c { interval: &i 5m }\nsession: { default_ttl: *i }\n')
    expect(loadConfig({ file: path, env: {}, stores }).session.default_ttl).toBe('5m')
  })
})

describe('a secret in a wrong place', () => {
  test.each([
    ['under a misspelt name', `store: { type: redis, redis: { passwrod: ${SECRET} } }`],
    ['under another section', `cleanup: { password: ${SECRET} }`],
    ['as a section', `session: ${SECRET}`],
    ['as the whole file', SECRET],
    ['in an address', `store: { type: redis, redis: { addr: "redis://:${SECRET}@localhost:6379" } }`],
    [
      'in an address of another form',
      `store: { type: redis, redis: { addr: "app:${SECRET}@tcp(localhost)" } }`,
    ],
    [
      'again where something else belongs',
      `store: { type: redis, redis: { password: ${SECRET}, db: x${SECRET}x } }`,
    ],
    ['as a reference', `store: { type: redis, redis: { password: "\${${SECRET}-x}" } }`],
    [
      'as a key in place of its file',
      `store: { type: redis, redis: { tls: { key_file: "-----\\n${SECRET}" } } }`,
    ],
  ])('%s: is in no message', (_, text) => {
    // `refusalOf` looks for it.
    expect(faultsIn(text)).toHaveLength(1)
  })

  test('in the variable that names its file', () => {
    const env = { SESSION_STORE_TYPE: 'redis', SESSION_REDIS_PASSWORD_FILE: SECRET }
    expect(refusalOf({ env }).issues).toMatchObject([
      { key: 'store.redis.password', place: 'SESSION_REDIS_PASSWORD_FILE' },
    ])
  })

  test('both as a variable and as a file', () => {
    const env = {
      ...{ SESSION_STORE_TYPE: 'redis', SESSION_REDIS_PASSWORD: SECRET },
      SESSION_REDIS_PASSWORD_FILE: file(SECRET, 'secret'),
    }
    expect(refusalOf({ env }).issues).toMatchObject([{ key: 'store.redis.password' }])
  })

  test('in what a store says when it is opened', async () => {
    const refuse = () => {
      throw new SessError('INVALID_ARGUMENT', `createRedisStore: ${SECRET} cannot be`)
    }
    const opened: ConfigurableStore = { ...redis(), open: refuse }
    const source = { env: { SESSION_STORE_TYPE: 'redis', SESSION_REDIS_PASSWORD: SECRET } }
    const error = await loadManager(source, { stores: [opened] }).catch((caught: SessError) => caught)
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'loadManager: store.redis: createRedisStore: *** cannot be',
    })
  })
})

describe('variables in a file', () => {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are put in by what is tested.
  test.each([
    ['one that is not set', '${NOWHERE}', 'the variable NOWHERE to be set'],
    ['one that is not closed', 'a${NOWHERE', '${NAME} or ${NAME:-default}'],
    ['one without a name', '${}', '${NAME} or ${NAME:-default}'],
    ['a shell command', '${X:?no}', '${NAME} or ${NAME:-default}'],
  ])('%s', (_, text, expected) => {
    expect(faultsIn(yaml({ 'session.default_ttl': text }))).toEqual([
      ['session.default_ttl', '3:20', expect.stringContaining(expected)],
    ])
    expect(faultsIn(yaml({ 'store.type': text }))).toEqual([
      ['store.type', '3:13', expect.stringContaining(expected)],
    ])
  })

  test('that of a secret is named, and not what is in it', () => {
    const text = yaml({ 'store.type': 'mysql', 'store.mysql.dsn': '${DSN}' })
    expect(faultsIn(text, { DSN: SECRET })).toEqual([
      ['store.mysql.dsn', '5:14, DSN', expect.stringMatching(/^text such as/)],
    ])
  })
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
})

test('a schema that promises, and breaks it, is a fault, and ends nothing', () => {
  const schema: ConfigurableStore['schema'] = {
    '~standard': { ...memory().schema['~standard'], validate: () => Promise.reject(new Error(SECRET)) },
  }
  expect(faultsIn('', {}, { stores: [{ ...memory(), schema }] })).toEqual([
    ['store.memory', undefined, expect.stringContaining('validates at once')],
  ])
})

describe('a type of which no store was passed', () => {
  test.each([
    [
      'memory',
      'npm i @sess/store-memory`',
      "import { memory } from '@sess/store-memory/config'",
      '[memory()]',
    ],
    ['redis', 'npm i @sess/store-redis`', "import { redis } from '@sess/store-redis/config'", '[redis()]'],
    [
      'mysql',
      'npm i @sess/store-mysql drizzle-orm`',
      "import { mysql } from '@sess/store-mysql/config'",
      '[mysql()]',
    ],
  ])('%s: the package to install and the line to add', (type, ...parts) => {
    const { issues, message } = refusalOf({ file: file(`store: { type: ${type}, ${type}: {} }`), stores: [] })
    expect(issues).toMatchObject([{ key: 'store.type', place: expect.stringMatching(/:1:16$/) }])
    for (const part of parts) expect(message).toContain(part)
  })

  test('of nobody we know: the nearest', () => {
    expect(refusalOf({ env: { SESSION_STORE_TYPE: 'Reddis' } }).message).toContain(
      'the nearest known is redis',
    )
    expect(refusalOf({ env: { SESSION_STORE_TYPE: 'cassandra' } }).message).toContain('memory, redis, mysql')
  })

  test('is told by loadManager where loadConfig was given no stores', async () => {
    const config = loadConfig({ env: { SESSION_STORE_TYPE: 'redis', SESSION_REDIS_DB: 'x' } })
    expect(config.store).toEqual({ type: 'redis' })
    await expect(loadManager(config)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(loadManager(config, { stores })).rejects.toMatchObject({
      issues: [{ key: 'store.redis.db' }],
    })
    await expect(loadManager(defaultConfig())).rejects.toThrow('npm i @sess/store-memory')
  })
})

describe('what is enabled and done by nobody', () => {
  test.each(['compression', 'encryption'] as const)('%s without a wrapper is refused', async (what) => {
    const key = `session.enable_${what}`
    const path = file(yaml({ [key]: true, 'session.encryption_key': SECRET }))
    await expect(loadManager({ file: path, env: {} }, { stores })).rejects.toMatchObject({
      issues: [{ key, place: expect.stringMatching(/:3:\d+$/) }],
    })
  })

  test('encryption without a key', () => {
    expect(faultsIn('session: { enable_encryption: true }')).toEqual([
      ['session.encryption_key', undefined, 'text, here or in SESSION_ENCRYPTION_KEY'],
    ])
  })
})
