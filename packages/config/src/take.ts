import type { ConfigurableStore } from '@sess/core'
import { expand, fromEnvironment, type Given } from './environment.ts'
import { howToGet } from './packages.ts'
import { Problems } from './problem.ts'
import type { Seat, Taken } from './seat.ts'
import type { Sources } from './sources.ts'
import { plain, type Tree } from './tree.ts'

/** Which store a configuration puts into a seat; it says of which others there are. */
export function take(
  seat: Seat,
  sources: Sources,
  stores: readonly ConfigurableStore[] | undefined,
  problems: Problems,
): Taken {
  const { value: type, place } = typeOf(seat, sources, problems)
  const store = stores?.find((one) => one.type === type)
  if (stores !== undefined && type !== undefined && store === undefined)
    problems.add({
      ...{ key: seat.type.key, value: JSON.stringify(type), place },
      expected: howToGet(type, stores),
    })
  return { seat, type, store }
}

interface Type {
  readonly value: string | undefined
  readonly place: string
}

function typeOf({ type: option }: Seat, { file, env, overrides }: Sources, problems: Problems): Type {
  const { key } = option
  const written = valueIn(file, key)
  // What is wrong with it is told with all else that the file gives.
  const silent = new Problems('')
  const chosen =
    valueIn(overrides, key) ??
    fromEnvironment(option, env, silent) ??
    (written && expand(written, key, env, silent))
  const initial = option.schema.default as string | undefined
  if (chosen === undefined) return { value: initial, place: 'default' }
  const { value, place } = chosen
  // As by `${NAME:-}`, where a seat may be empty.
  if (value === '' && initial === undefined) return { value: undefined, place }
  if (typeof value === 'string') return { value, place }
  problems.add({ key, place, expected: 'text' })
  return { value: initial, place }
}

function valueIn(tree: Tree, key: string): Given | undefined {
  let found: Tree | undefined = tree
  for (const name of key.split('.')) found = found?.branches?.get(name)
  return found === undefined || found.value === null ? undefined : { value: plain(found), place: found.place }
}
