import { readFileSync } from 'node:fs'
import { memory } from '@sess/store-memory/config'
import { mysql } from '@sess/store-mysql/config'
import { redis } from '@sess/store-redis/config'
import { expect, test } from 'vitest'
import { loadConfig, saveConfig } from '../src/index.ts'
import { codeOf } from './open.ts'
import { PARITY } from './parity.ts'
import { file, yaml } from './ways.ts'

const stores = [memory(), redis(), mysql()]

test.each(
  ['memory', 'redis', 'mysql'].flatMap((type) => [
    [type, 'sess.yaml'],
    [type, 'sess.json'],
  ]),
)('%s, %s: what is saved is loaded again, but for secrets', (type, name) => {
  const rows = PARITY.filter(({ key }) => !key.startsWith('store.') || key.startsWith(`store.${type}.`))
  const given = Object.fromEntries(rows.map(({ key, other }) => [key, other]))
  const config = loadConfig({ file: file(yaml({ 'store.type': type, ...given })), env: {}, stores })
  const saved = file('', name)
  saveConfig(config, saved)
  const text = readFileSync(saved, 'utf8')
  expect(text).not.toContain('***')
  const secrets = rows.filter(({ isSecret }) => isSecret)
  for (const { other, key } of secrets) {
    expect(text).not.toContain(other)
    if (name.endsWith('.yaml')) expect(text).toContain(`# ${key} is a secret`)
  }
  const variables = Object.fromEntries(secrets.map(({ variable, text: value }) => [variable, value]))
  expect(loadConfig({ file: saved, env: variables, stores })).toEqual(config)
})

test('a secret that is not there is not spoken of', () => {
  const saved = file('')
  saveConfig(loadConfig({ env: {}, stores, overrides: { store: { type: 'redis' } } }), saved)
  expect(readFileSync(saved, 'utf8')).not.toMatch(/#|password|encryption_key/)
})

test('a value that looks like a variable is one no more', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant so.
  const overrides = { store: { type: 'mysql', mysql: { username: '${HOME}' } } }
  const config = loadConfig({ env: {}, overrides, stores })
  const saved = file('')
  saveConfig(config, saved)
  expect(loadConfig({ file: saved, env: { HOME: '/root' }, stores }).store).toEqual(config.store)
})

test('what cannot be written, or is no configuration', async () => {
  const save = async (config: Parameters<typeof saveConfig>[0], path: string) => saveConfig(config, path)
  expect(await codeOf(save(loadConfig({ env: {}, stores }), '/no/such/folder/sess.yaml'))).toBe(
    'INVALID_ARGUMENT',
  )
  expect(await codeOf(save({ explain: () => [] }, file('')))).toBe('INVALID_ARGUMENT')
})
