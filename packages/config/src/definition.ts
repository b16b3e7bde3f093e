import type { ConfigurableStore } from '@sess/core'
import { cleanup, session } from './sections.ts'

/** What the JSON Schema of an option says, as far as it is read here. */
export interface OptionSchema {
  readonly type?: string | readonly string[]
  readonly properties?: { readonly [name: string]: OptionSchema }
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly default?: unknown
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly writeOnly?: boolean
  readonly 'x-without-effect'?: string
}

/** One key of the configuration. */
export interface Option {
  /** `store.redis.tls.ca_file` */
  readonly key: string
  /** Its path in its part: `['tls', 'ca_file']`. */
  readonly path: readonly string[]
  readonly schema: OptionSchema
  /** The environment variable that gives it. */
  readonly variable: string | undefined
  readonly isSecret: boolean
}

/** A piece of the configuration that one schema judges as a whole. */
export interface Part {
  /** `session`, `cleanup`, `store.redis`, `store.cache` */
  readonly key: string
  readonly schema: ConfigurableStore['schema']
  readonly options: readonly Option[]
}

export const SESSION_PART = partOf('session', session)
export const CLEANUP_PART = partOf('cleanup', cleanup)

export function partOf(key: string, { schema, env }: Pick<ConfigurableStore, 'schema' | 'env'>): Part {
  const variables = new Map(Object.entries(env).map(([variable, path]) => [path, variable]))
  const json = schema['~standard'].jsonSchema.input({ target: 'draft-07' }) as OptionSchema
  return { key, schema, options: optionsUnder(key, json, [], variables) }
}

function optionsUnder(
  part: string,
  schema: OptionSchema,
  path: readonly string[],
  variables: ReadonlyMap<string, string>,
): Option[] {
  if (isSection(schema))
    return Object.entries(schema.properties ?? {}).flatMap(([name, below]) =>
      optionsUnder(part, below, [...path, name], variables),
    )
  const below = path.join('.')
  const variable = variables.get(below)
  return [{ key: `${part}.${below}`, path, schema, variable, isSecret: schema.writeOnly === true }]
}

/** Whether the names below are all there may be; else the whole value is one option. */
export function isSection({ properties, additionalProperties = false }: OptionSchema): boolean {
  return properties !== undefined && additionalProperties === false
}
