import type { ConfigurableStore } from '@sess/core'
import { isSection, type OptionSchema, STORE_TYPE } from './definition.ts'
import { cleanup, session } from './sections.ts'

/**
 * The JSON Schema (draft 7) of a configuration file for these stores, for editors:
 * `# yaml-language-server: $schema=./sess.schema.json`.
 */
export function jsonSchema(stores: readonly ConfigurableStore[]): { readonly [keyword: string]: unknown } {
  const types = stores.map(({ type }) => type)
  const sections = stores.map((store) => [store.type, forFile(schemaOf(store))])
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of Sess',
    ...section({
      store: section({
        type: withVariables({ ...STORE_TYPE.schema, enum: types }),
        ...Object.fromEntries(sections),
      }),
      session: forFile(schemaOf({ schema: session.schema })),
      cleanup: forFile(schemaOf({ schema: cleanup.schema })),
    }),
  }
}

function schemaOf({ schema }: Pick<ConfigurableStore, 'schema'>): OptionSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-07' })
}

function section(properties: { readonly [name: string]: object }): OptionSchema {
  return { type: 'object', additionalProperties: false, properties }
}

/** Required is nothing in a file: the environment may give it. */
function forFile(schema: OptionSchema): OptionSchema {
  if (!isSection(schema)) return withVariables(schema)
  const properties = Object.entries(schema.properties ?? {}).map(([name, below]) => [name, forFile(below)])
  return section(Object.fromEntries(properties))
}

/** In a file, `${NAME}` may stand for any value. */
function withVariables({
  default: initial,
  description,
  examples,
  writeOnly,
  ...schema
}: OptionSchema): object {
  const about = {
    ...(description !== undefined && { description }),
    ...(initial !== undefined && { default: initial }),
    ...(examples !== undefined && { examples }),
    ...(writeOnly !== undefined && { writeOnly }),
  }
  const isText = schema.type === 'string' && schema.enum === undefined
  return { ...about, ...(isText ? schema : { anyOf: [schema, { type: 'string', pattern: '\\$\\{' }] }) }
}
