import type { ConfigurableStore } from '@sess/core'
import { isSection, type OptionSchema } from './definition.ts'
import { MAIN_SEAT, type Seat, seatOf } from './seat.ts'
import { cleanup, session } from './sections.ts'
import type { ConfigurableSeat, ConfigurableWrapper } from './wrapper.ts'

/**
 * The JSON Schema (draft 7) of a configuration file for these stores and wrappers, for editors:
 * `# yaml-language-server: $schema=./sess.schema.json`.
 */
export function jsonSchema(
  stores: readonly ConfigurableStore[],
  wrappers: readonly ConfigurableWrapper[] = [],
): { readonly [keyword: string]: unknown } {
  const types = stores.map(({ type }) => type)
  const sections = stores.map((store) => [store.type, forFile(schemaOf(store))])
  const seats = wrappers.flatMap(({ seat }) =>
    seat === undefined ? [] : [[seat.name, forSeat(seat, types)]],
  )
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of Sess',
    ...section({
      store: section({ type: forType(MAIN_SEAT, types), ...Object.fromEntries([...sections, ...seats]) }),
      session: forFile(schemaOf({ schema: session.schema })),
      cleanup: forFile(schemaOf({ schema: cleanup.schema })),
    }),
  }
}

function forType(seat: Seat, types: readonly string[]): object {
  return withVariables({ ...seat.type.schema, enum: types })
}

function forSeat(seat: ConfigurableSeat, types: readonly string[]): OptionSchema {
  const { properties } = forFile(schemaOf(seat)) as OptionSchema
  const stores = types.map((type) => [type, { $ref: `#/properties/store/properties/${type}` }])
  return section({ type: forType(seatOf(seat), types), ...properties, ...Object.fromEntries(stores) })
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
