import type { Overflow, Schemas, StandardSchema } from '@sess/core'

/** A named set of options with which a store is used. */
export interface Way {
  readonly name: string
  /** What it stands for, in a few words. */
  readonly about: string
  /** Through a manager of one's own, for one user alone, or through the process-wide default. Default `'manager'`. */
  readonly through?: 'manager' | 'forUser' | 'default'
  readonly sliding?: boolean
  /** What happens at a cap on messages; no cap where left out. */
  readonly overflow?: Overflow
  readonly schemas?: Schemas
}

const content = schemaOf('text, null or an object', (value) =>
  typeof value === 'string' || typeof value === 'object' ? { value } : undefined,
)
/** A count, also as text; a number is what is stored. */
const turns = schemaOf('a whole number', (value) =>
  /^\d+$/.test(String(value)) ? { value: Number(value) } : undefined,
)
const schemas: Schemas = { content, context: { turns } }

/** All there are. A further line is played on every store. */
export const ways: readonly Way[] = [
  { name: 'plain', about: 'no cap, fixed lifetime' },
  { name: 'sliding', about: 'each commit renews the lifetime', sliding: true },
  { name: 'reject', about: 'a cap that refuses', overflow: 'reject' },
  { name: 'drop', about: 'a cap that drops the oldest', overflow: 'drop-oldest' },
  { name: 'schema', about: 'content and context validated', schemas },
  { name: 'forUser', about: 'one user alone', through: 'forUser' },
  { name: 'default', about: 'the process-wide manager', through: 'default' },
  {
    name: 'all',
    about: 'one user alone, sliding, dropping, validated',
    ...{ through: 'forUser', sliding: true, overflow: 'drop-oldest', schemas },
  },
]

function schemaOf(
  expected: string,
  accept: (value: unknown) => { value: unknown } | undefined,
): StandardSchema {
  const validate = (value: unknown) => accept(value) ?? { issues: [{ message: `must be ${expected}` }] }
  return { '~standard': { version: 1, vendor: 'playground', validate } }
}
