import type { OptionSchema } from './definition.ts'

/** What an option takes, in words of its schema alone. */
export function expectedBy(schema: OptionSchema): string {
  const { type, enum: names, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema
  if (names !== undefined) return `one of ${names.join(', ')}`
  if (type === 'boolean') return 'true or false (yes, on, 1 or no, off, 0)'
  if (type === 'integer' || type === 'number') {
    const what = type === 'integer' ? 'a whole number' : 'a number'
    const from = minimum > Number.MIN_SAFE_INTEGER ? ` from ${minimum} on` : ''
    return maximum < Number.MAX_SAFE_INTEGER ? `${what} from ${minimum} to ${maximum}` : what + from
  }
  if (type === 'array') return 'a list'
  if (type === 'object') return 'a section'
  const such = schema.examples === undefined ? '' : ` such as ${schema.examples.join(' or ')}`
  return (schema.minLength ?? 0) > 1
    ? `text of at least ${schema.minLength} characters${such}`
    : `text${such}`
}

/** Whether a value is of the kind that {@link expectedBy} tells, so that only the schema knows what is wrong with it. */
export function isExpected({ type, enum: names, minimum, maximum }: OptionSchema, value: unknown): boolean {
  if (names !== undefined) return names.includes(value)
  if (type === 'boolean') return typeof value === 'boolean'
  if (type === 'string') return typeof value === 'string' && value !== ''
  if (type === 'array') return Array.isArray(value)
  if (type !== 'integer' && type !== 'number') return true
  if (typeof value !== 'number' || (type === 'integer' && !Number.isSafeInteger(value))) return false
  return value >= (minimum ?? value) && value <= (maximum ?? value)
}
