import type { ConfigurableStore } from '@sess/core'
import { DEFAULT_TYPE, STORE_TYPE } from './definition.ts'
import { type Environment, expand, fit, fromEnvironment, type Given } from './environment.ts'
import { gather } from './gather.ts'
import { judge } from './judge.ts'
import { Names } from './names.ts'
import { howToGet } from './packages.ts'
import { Problems } from './problem.ts'
import { MASK, Shown } from './shown.ts'
import { plain, type Tree } from './tree.ts'

/** What a configuration is made of, each over the one before it. */
export interface Sources {
  readonly file: Tree
  readonly env: Environment
  readonly overrides: Tree
}

/** A value of the configuration, and where it came from. */
export interface Explained {
  readonly key: string
  /** As it was given; of a secret `***`. */
  readonly value: unknown
  /** `default`, `sess.yaml:4:12` (with the variables in it), a variable's name, or `overrides`. */
  readonly source: string
  /** Why it does nothing, where that is so. */
  readonly note?: string
}

export interface Resolved {
  readonly type: string
  /** Of that type, where stores were passed. */
  readonly store: ConfigurableStore | undefined
  /** What the schemas made of it, by part. */
  readonly values: ReadonlyMap<string, unknown>
  readonly explained: readonly Explained[]
  /** The keys of all that is secret. */
  readonly secrets: readonly string[]
  readonly shown: Shown
}

/**
 * Puts the sources together and judges the whole.
 * @param stores where left out, the store's own section is left for later
 * @throws `CONFIG_INVALID` with all that is wrong
 */
export function resolve(
  operation: string,
  sources: Sources,
  stores: readonly ConfigurableStore[] | undefined,
): Resolved {
  const problems = new Problems(operation)
  const { value: type, place } = typeOf(sources, problems)
  const store = stores?.find((one) => one.type === type)
  if (stores !== undefined && store === undefined) {
    const { key } = STORE_TYPE
    problems.add({ key, value: JSON.stringify(type), place, expected: howToGet(type, stores) })
  }
  const names = new Names(type, store, stores ?? [])
  const { given, leftAlone } = collect(sources, names, problems)
  const shown = new Shown()
  const secrets = names.options.filter(({ isSecret }) => isSecret).map(({ key }) => key)
  for (const key of secrets) shown.hide(given.get(key)?.value ?? '')
  const values = new Map(names.parts.map((part) => [part.key, judge(part, given, shown, problems)]))
  problems.throwIfAny()
  const note = stores === undefined ? 'judged when stores are passed' : `left alone: store.type is ${type}`
  return {
    type,
    store,
    values,
    explained: [
      ...explain(names, given),
      ...[...leftAlone].map(([key, source]) => ({ key, value: undefined, source, note })),
    ],
    secrets,
    shown,
  }
}

function typeOf({ file, env, overrides }: Sources, problems: Problems): Given & { readonly value: string } {
  const written = typeIn(file)
  // What is wrong with it is told with all else that the file gives.
  const silent = new Problems('')
  const chosen =
    typeIn(overrides) ??
    fromEnvironment(STORE_TYPE, env, silent) ??
    (written && expand(written, STORE_TYPE.key, env, silent))
  if (chosen === undefined) return { value: DEFAULT_TYPE, place: 'default' }
  const { value, place } = chosen
  if (typeof value === 'string') return { value, place }
  problems.add({ key: STORE_TYPE.key, place, expected: 'text' })
  return { value: DEFAULT_TYPE, place }
}

function typeIn(tree: Tree): Given | undefined {
  const type = tree.branches?.get('store')?.branches?.get('type')
  return type === undefined || type.value === null ? undefined : { value: plain(type), place: type.place }
}

/** Overrides over the environment, and that over the file. */
function collect({ file, env, overrides }: Sources, names: Names, problems: Problems) {
  const inFile = gather(file, names, problems)
  const inCode = gather(overrides, names, problems)
  const given = new Map<string, Given>()
  for (const option of names.options) {
    const { key } = option
    const written = inFile.given.get(key)
    const found =
      inCode.given.get(key) ??
      fromEnvironment(option, env, problems) ??
      (written && expand(written, key, env, problems))
    if (found !== undefined) given.set(key, fit(option, found))
  }
  return { given, leftAlone: new Map([...inFile.leftAlone, ...inCode.leftAlone]) }
}

function explain({ options }: Names, given: ReadonlyMap<string, Given>): Explained[] {
  return options.map(({ key, schema, isSecret }) => {
    const { value: plain = schema.default, place: source = 'default' } = given.get(key) ?? {}
    const note = schema['x-without-effect']
    const value = isSecret && plain !== undefined && plain !== '' ? MASK : plain
    return { key, value, source, ...(note !== undefined && { note }) }
  })
}
