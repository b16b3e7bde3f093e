import type { Option, Part } from './definition.ts'
import type { Given } from './environment.ts'
import type { Problems } from './problem.ts'
import { MASK, type Shown } from './shown.ts'
import { deepFreeze, put, type Section } from './tree.ts'
import { expectedBy, isExpected } from './words.ts'

/** What the schema of a part makes of what was given for it; `undefined` where it refuses it. */
export function judge(
  part: Part,
  given: ReadonlyMap<string, Given>,
  shown: Shown,
  problems: Problems,
): unknown {
  const result = part.schema['~standard'].validate(inputOf(part, given))
  if (result instanceof Promise) {
    // Nobody waits for it, and a rejection that nobody takes ends the process.
    result.catch(() => {})
    problems.add({ key: part.key, expected: 'a schema that validates at once, without a promise' })
    return undefined
  }
  if (result.issues === undefined) return deepFreeze(result.value)
  for (const { path = [], message } of result.issues) {
    const names = path.map((step) => String(typeof step === 'object' ? step.key : step))
    const option = part.options.find((one) => one.path.every((name, depth) => name === names[depth]))
    if (option === undefined)
      problems.add({ key: [part.key, ...names].join('.'), expected: shown.text(message) })
    else problems.add(problemWith(option, given.get(option.key), message, shown))
  }
  return undefined
}

function inputOf({ options }: Part, given: ReadonlyMap<string, Given>): object {
  const input: Section = {}
  for (const { key, path } of options) {
    const found = given.get(key)
    if (found !== undefined) put(input, path, found.value)
  }
  return input
}

function problemWith(option: Option, given: Given | undefined, message: string, shown: Shown) {
  const { key, schema, isSecret, variable } = option
  if (given === undefined) {
    const way = variable === undefined ? '' : `, here or in ${variable}`
    return { key, value: 'missing', expected: expectedBy(schema) + way }
  }
  const { place, value } = given
  // A schema's own words may quote what it refuses.
  if (isSecret) return { key, place, value: MASK, expected: expectedBy(schema) }
  const expected = isExpected(schema, value) ? shown.text(message) : expectedBy(schema)
  return { key, place, value: shown.value(value), expected }
}
