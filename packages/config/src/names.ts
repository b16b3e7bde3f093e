import type { ConfigurableStore } from '@sess/core'
import { CLEANUP_PART, type Option, type Part, SESSION_PART, STORE_TYPE, storePart } from './definition.ts'
import { nearest } from './nearest.ts'
import { PACKAGES } from './packages.ts'

/** All that may stand in a configuration of this type of store. */
export class Names {
  readonly parts: readonly Part[]
  readonly options: readonly Option[]
  readonly #byKey: ReadonlyMap<string, Option>
  readonly #sections = new Map<string, Set<string>>()
  readonly #leftAlone: ReadonlySet<string>

  /** @param store of the chosen type, where it was passed */
  constructor(type: string, store: ConfigurableStore | undefined, stores: readonly ConfigurableStore[]) {
    this.parts = [...(store === undefined ? [] : [storePart(store)]), SESSION_PART, CLEANUP_PART]
    this.options = [STORE_TYPE, ...this.parts.flatMap(({ options }) => options)]
    this.#byKey = new Map(this.options.map((option) => [option.key, option]))
    const types = [...Object.keys(PACKAGES), ...stores.map((other) => other.type), type]
    this.#leftAlone = new Set(types.filter((other) => other !== store?.type).map((other) => `store.${other}`))
    for (const { key } of this.options) this.#addSections(key)
  }

  option(key: string): Option | undefined {
    return this.#byKey.get(key)
  }

  isSection(key: string): boolean {
    return this.#sections.has(key)
  }

  /** Whether it is the section of a store that is not in use, or not there to judge it. */
  isLeftAlone(key: string): boolean {
    return this.#leftAlone.has(key)
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
