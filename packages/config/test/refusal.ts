import { isSessError, type SessError } from '@sess/core'
import { memory } from '@sess/store-memory/config'
import { mysql } from '@sess/store-mysql/config'
import { redis } from '@sess/store-redis/config'
import { expect } from 'vitest'
import { type ConfigProblem, type LoadOptions, loadConfig } from '../src/index.ts'
import { file } from './ways.ts'

const stores = [memory(), redis(), mysql()]
/** What no message may have in it. */
export const SECRET = 'hunter2'

type Refusal = Pick<SessError, 'message'> & { readonly issues: readonly ConfigProblem[] }

/** What `loadConfig` says of a configuration with these stores. */
export function refusalOf(options: LoadOptions): Refusal {
  try {
    loadConfig({ env: {}, stores, ...options })
  } catch (error) {
    if (!isSessError(error, 'CONFIG_INVALID')) throw error
    const all = [
      error.message,
      error.stack,
      JSON.stringify(error),
      JSON.stringify(error.issues),
      String(error.cause),
    ]
    expect(all.join('\n')).not.toContain(SECRET)
    return error as unknown as Refusal
  }
  throw new Error('it was taken')
}

/** What is wrong with a file, each with its line and column alone for a place. */
export function faultsIn(
  text: string,
  env = {},
  options: LoadOptions = {},
): (readonly [key: string, place: string | undefined, expected: string])[] {
  const path = file(text)
  const { issues, message } = refusalOf({ file: path, env, ...options })
  for (const { place = '', key } of issues) expect(message).toContain(key === '' ? `${place}: ` : place)
  return issues.map(({ key, place, expected }) => [key, place?.replace(`${path}:`, ''), expected])
}
