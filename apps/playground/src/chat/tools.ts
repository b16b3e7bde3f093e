import type { Json, JsonObject } from '@sess/core'
import type { ToolOffer } from './agent.ts'
import { evaluate } from './arithmetic.ts'
import type { ContextDraft } from './context-draft.ts'
import { convert } from './units.ts'

/** Something that an agent can have done. What it answers is kept as a message; `text` is the part for people. */
export interface Tool extends ToolOffer {
  run(input: JsonObject, context: ContextDraft): JsonObject & { readonly text: string }
}

/** All parameters are text unless they are something else; those without `?` must be there. */
function taking(names: readonly string[], others: JsonObject = {}): JsonObject {
  const named = names.map((name) => [name.replace('?', ''), { type: 'string' }] as const)
  const required = [...names.filter((name) => !name.endsWith('?')), ...Object.keys(others)]
  return { type: 'object', properties: { ...Object.fromEntries(named), ...others }, required }
}

/** Where notes lie in a session's context. */
export const NOTES = 'note/'

const calculator: Tool = {
  name: 'calculator',
  description: 'Works out { expression }.',
  parameters: taking(['expression']),
  run(input) {
    const expression = String(input.expression)
    const value = evaluate(expression)
    return { value, text: `${expression.trim()} = ${value}` }
  },
}

const converter: Tool = {
  name: 'convert',
  description: 'Converts { value, from, to } between units of length, mass, temperature, time and data.',
  parameters: taking(['from', 'to'], { value: { type: 'number' } }),
  run(input) {
    const [from, to] = [String(input.from), String(input.to)]
    const value = convert(Number(input.value), from, to)
    return { value, text: `${input.value} ${from} = ${value} ${to}` }
  },
}

const clock: Tool = {
  name: 'clock',
  description: 'Tells date and time, in { place } if given: a city that names a time zone.',
  parameters: taking(['place?']),
  run({ place }) {
    const timeZone = typeof place === 'string' ? zoneOf(place) : undefined
    const now = new Date()
    const format = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short', timeZone })
    const where = timeZone === undefined ? '' : ` in ${place}`
    return { at: now.toISOString(), text: `it is ${format.format(now)}${where}` }
  },
}

const remember: Tool = {
  name: 'remember',
  description: "Keeps { name, value } in the session's context; value is true for a bare note.",
  parameters: taking(['name'], { value: { type: ['string', 'boolean'] } }),
  run({ name, value }, context) {
    context.set(`${NOTES}${name}`, value as Json)
    return { kept: name as Json, text: value === true ? `noted: ${name}` : `noted: your ${name} is ${value}` }
  },
}

const recall: Tool = {
  name: 'recall',
  description: "Finds the note { name } in the session's context, or all notes.",
  parameters: taking(['name?']),
  run({ name }, context) {
    const notes = context.entries(NOTES).filter(([key]) => name === undefined || key === `${NOTES}${name}`)
    if (notes.length === 0) {
      return { found: 0, text: name === undefined ? 'I have no notes yet' : `I have no note of '${name}'` }
    }
    const said = notes.map(([key, value]) => {
      const noted = key.slice(NOTES.length)
      return value === true ? noted : `your ${noted} is ${value}`
    })
    return { found: notes.length, text: said.join('; ') }
  },
}

const forget: Tool = {
  name: 'forget',
  description: "Removes the note { name } from the session's context.",
  parameters: taking(['name']),
  run({ name }, context) {
    const key = `${NOTES}${name}`
    if (context.get(key) === undefined) return { removed: false, text: `I have no note of '${name}'` }
    context.unset(key)
    return { removed: true, text: `forgotten: ${name}` }
  },
}

export const tools: readonly Tool[] = [calculator, converter, clock, remember, recall, forget]

/** A tool's result, or `{ error }` where it could not do it. */
export function runTool(name: string, input: JsonObject, context: ContextDraft): JsonObject {
  const tool = tools.find((tool) => tool.name === name)
  if (!tool) return { error: `there is no tool '${name}'` }
  try {
    return tool.run(input, context)
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function zoneOf(place: string): string {
  const wanted = place.trim().replace(/\s+/g, '_').toLowerCase()
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')].map(
    (zone) => [zone, zone.toLowerCase()] as const,
  )
  const found = zones.find(([, zone]) => zone === wanted || zone.endsWith(`/${wanted}`))
  if (!found) throw new Error(`I do not know the time zone of '${place}'`)
  return found[0]
}
