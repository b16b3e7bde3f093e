import type { ConfigurableStore } from '@sess/core'
import { type Option, type OptionSchema, type Part, partOf } from './definition.ts'
import type { ConfigurableSeat } from './wrapper.ts'

/** A place for a store: the main one, or that of a wrapper. */
export interface Seat {
  /** `store`, or `store.<name>` */
  readonly key: string
  /** Not of any part, since it says which parts there are. */
  readonly type: Option
  /** What else a wrapper's takes, beside the section of its store. */
  readonly part: Part | undefined
}

/** A seat, and what a configuration puts there. */
export interface Taken {
  readonly seat: Seat
  /** `undefined` where nothing is. */
  readonly type: string | undefined
  /** Of that type, where it was passed. */
  readonly store: ConfigurableStore | undefined
}

export const MAIN_SEAT: Seat = {
  key: 'store',
  type: typeOption('store', 'SESSION_STORE_TYPE', {
    default: 'memory',
    description: 'which store: `memory`, `redis`, `mysql` or yours',
  }),
  part: undefined,
}

export function seatOf({ name, schema, env }: ConfigurableSeat): Seat {
  const key = `store.${name}`
  const variable = Object.keys(env).find((one) => env[one] === 'type')
  const description = 'which store stands here, as `store.type`; without it none does'
  return { key, type: typeOption(key, variable, { description }), part: partOf(key, { schema, env }) }
}

function typeOption(seat: string, variable: string | undefined, about: OptionSchema): Option {
  return {
    key: `${seat}.type`,
    path: ['type'],
    schema: { type: 'string', ...about },
    variable,
    isSecret: false,
  }
}

/** What is judged of a seat: its own options, and the section of its store. */
export function partsOf({ seat, type, store }: Taken): readonly Part[] {
  const own = seat.part === undefined || type === undefined ? [] : [seat.part]
  return store === undefined ? own : [...own, storePart(seat, store)]
}

/** The section of a store in a seat: its name there is that of its type. */
function storePart(seat: Seat, { type, schema, env }: ConfigurableStore): Part {
  // A variable cannot mean several places.
  return partOf(sectionKey(seat, type), { schema, env: seat === MAIN_SEAT ? env : {} })
}

export function sectionKey({ key }: Pick<Seat, 'key'>, type: string): string {
  return `${key}.${type}`
}
