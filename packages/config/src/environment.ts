import { readFileSync } from 'node:fs'
import type { Option } from './definition.ts'
import type { Problems } from './problem.ts'

export type Environment = { readonly [variable: string]: string | undefined }

/** What was given for an option. */
export interface Given {
  readonly value: unknown
  readonly place: string
}

/** What the environment gives for an option: the variable itself or, for a secret, the file that `<variable>_FILE` names. An empty variable is none. */
export function fromEnvironment(option: Option, env: Environment, problems: Problems): Given | undefined {
  const { key, variable, isSecret } = option
  if (variable === undefined) return undefined
  const value = env[variable] || undefined
  const file = isSecret ? env[`${variable}_FILE`] || undefined : undefined
  if (value !== undefined && file !== undefined)
    problems.add({ key, place: variable, expected: `either ${variable} or ${variable}_FILE, not both` })
  if (file !== undefined) return fromFile(key, `${variable}_FILE`, file, problems)
  return value === undefined ? undefined : { value, place: variable }
}

function fromFile(key: string, place: string, file: string, problems: Problems): Given | undefined {
  try {
    // An editor ends a file with a line break; it is no part of the secret.
    return { value: readFileSync(file, 'utf8').replace(/\r?\n$/, ''), place }
  } catch (error) {
    // Not named: somebody may have put the secret itself there.
    problems.add({ key, place, expected: `a file that can be read (${(error as { code?: unknown }).code})` })
    return undefined
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: for people to read.
const REFERENCES = '${NAME} or ${NAME:-default}, and $${ for ${ itself'
const REFERENCE = /\$\$\{|\$\{(?:([A-Za-z_]\w*)(?::-([^}]*))?\})?/g

/** Puts variables into a file's text: `${NAME}`, or `${NAME:-default}` where it may be unset or empty. `$${` is `${` itself. */
export function expand(given: Given, key: string, env: Environment, problems: Problems): Given | undefined {
  if (typeof given.value !== 'string' || !given.value.includes('${')) return given
  const names: string[] = []
  const missing: string[] = []
  const value = given.value.replace(REFERENCE, (text, name?: string, otherwise?: string) => {
    if (text === '$${') return '${'
    if (name === undefined) missing.push(REFERENCES)
    else names.push(name)
    const found = name === undefined ? '' : env[name]
    if (otherwise !== undefined) return found || otherwise
    if (found === undefined) missing.push(`the variable ${name} to be set, or a default in \${${name}:-…}`)
    return found ?? ''
  })
  const { place } = given
  for (const expected of missing) problems.add({ key, place, expected })
  if (missing.length > 0) return undefined
  return { value, place: names.length === 0 ? place : `${place}, ${names.join(', ')}` }
}

/** Text, such as all variables are, becomes what the option takes, where it can. */
export function fit({ schema: { type } }: Option, given: Given): Given {
  const { value } = given
  if (typeof value !== 'string') return given
  const types = [type].flat()
  if (types.includes('boolean') && BOOLEANS.has(value.toLowerCase()))
    return { ...given, value: BOOLEANS.get(value.toLowerCase()) }
  const isNumeric = types.includes('integer') || types.includes('number')
  return isNumeric && /^[+-]?\d+(\.\d+)?$/.test(value) ? { ...given, value: Number(value) } : given
}

const BOOLEANS = new Map([
  ...['true', '1', 'yes', 'on'].map((text) => [text, true] as const),
  ...['false', '0', 'no', 'off'].map((text) => [text, false] as const),
])
