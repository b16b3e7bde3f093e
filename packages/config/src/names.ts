import { CLEANUP_PART, type Option, type Part, SESSION_PART } from './definition.ts'
import { nearest } from './nearest.ts'
import { PACKAGES, WRAPPERS } from './packages.ts'
import type { Passed } from './passed.ts'
import { partsOf, sectionKey, type Taken } from './seat.ts'

/** All that may stand in a configuration that puts these stores into its seats. */
export class Names {
  readonly parts: readonly Part[]
  readonly options: readonly Option[]
  /** The seats that a wrapper of ours would take, and none that was passed does. */
  readonly awaited: readonly string[]
  readonly #byKey: ReadonlyMap<string, Option>
  readonly #sections = new Map<string, Set<string>>()
  readonly #leftAlone: ReadonlyMap<string, string>

  constructor(taken: readonly Taken[], passed: Passed) {
    const seats = taken.map((one) => ({ type: one.seat.type, parts: partsOf(one) }))
    const others = [SESSION_PART, CLEANUP_PART]
    const optionsOf = (parts: readonly Part[]) => parts.flatMap(({ options }) => options)
    this.parts = [...seats.flatMap(({ parts }) => parts), ...others]
    this.options = [...seats.flatMap(({ type, parts }) => [type, ...optionsOf(parts)]), ...optionsOf(others)]
    this.#byKey = new Map(this.options.map((option) => [option.key, option]))
    const known = [
      ...taken.map(({ seat }) => seat.key),
      ...(passed.stores ?? []).map(({ type }) => `store.${type}`),
    ]
    this.awaited = Object.keys(WRAPPERS).filter((name) => !known.includes(`store.${name}`))
    this.#leftAlone = new Map([
      ...taken.flatMap((one) => asideIn(one, passed)),
      ...this.awaited.map((name) => [`store.${name}`, 'judged when wrappers are passed'] as const),
    ])
    const own = taken.flatMap(({ seat }) => seat.part?.options ?? [])
    for (const { key } of [...this.options, ...own]) this.#addSections(key)
  }

  option(key: string): Option | undefined {
    return this.#byKey.get(key)
  }

  isSection(key: string): boolean {
    return this.#sections.has(key)
  }

  /** Why it is no matter what stands there, such as the section of a store that is not in use. */
  whyLeftAlone(key: string): string | undefined {
    return this.#leftAlone.get(key)
  }

  /** What may have been meant by a name that is not known, in words. */
  likely(section: string, name: string): string {
    const known = [...(this.#sections.get(section) ?? [])]
    const below = (found: string) => (section === '' ? found : `${section}.${found}`)
    const here = nearest(name, known)
    if (here !== undefined) return `a known key; the nearest is ${below(here)}`
    const elsewhere = this.options.find(({ key }) => key.endsWith(`.${name}`))
    if (elsewhere !== undefined) return `a known key; there is ${elsewhere.key}`
    return `a known key, one of ${known.map(below).join(', ')}`
  }

  #addSections(key: string): void {
    const path = key.split('.')
    for (const [depth, name] of path.entries()) {
      const section = path.slice(0, depth).join('.')
      if (!this.#sections.has(section)) this.#sections.set(section, new Set())
      this.#sections.get(section)?.add(name)
    }
  }
}

type Aside = readonly [key: string, why: string]

/** What of a seat is not in use, or not there to judge it. */
function asideIn({ seat, type, store }: Taken, { stores = [] }: Passed): Aside[] {
  const { key } = seat.type
  const why = type === undefined ? `left alone: ${key} is not set` : `left alone: ${key} is ${type}`
  const types = [...Object.keys(PACKAGES), ...stores.map((one) => one.type)]
  const others = types.filter((one) => one !== type).map((one) => [sectionKey(seat, one), why] as const)
  if (type === undefined)
    return [...others, ...(seat.part?.options ?? []).map((option) => [option.key, why] as const)]
  return store === undefined ? [...others, [sectionKey(seat, type), 'judged when stores are passed']] : others
}
