import { writeFileSync } from 'node:fs'
import { SessError } from '@sess/core'
import { stringify } from 'yaml'
import { type Config, stateOf, withoutSecrets } from './config.ts'
import { MASK } from './shown.ts'

/**
 * Writes a configuration to a file: JSON where its name ends so, else YAML. All values are there, the defaults too, but
 * for secrets, which YAML names in a comment, and for sections of other stores.
 * @throws `INVALID_ARGUMENT` where the file cannot be written
 */
export function saveConfig(config: Pick<Config, 'explain'>, file: string): void {
  const state = stateOf(config)
  if (state === undefined)
    throw new SessError('INVALID_ARGUMENT', 'saveConfig: this is no configuration that loadConfig gave')
  const values = literal(withoutSecrets(config))
  const given = state.explained.filter(({ key, value }) => state.secrets.includes(key) && value === MASK)
  const notes = given.map(({ key }) => `# ${key} is a secret, and left out\n`)
  const text = file.endsWith('.json')
    ? `${JSON.stringify(values, null, 2)}\n`
    : [...notes, stringify(values)].join('')
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new SessError('INVALID_ARGUMENT', `saveConfig: ${file} cannot be written`, { cause: error })
  }
}

/** What is written means itself when it is read again. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${')
  if (Array.isArray(value)) return value.map(literal)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, literal(below)]))
}
