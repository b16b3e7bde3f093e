import type { Given } from './environment.ts'
import type { Names } from './names.ts'
import type { Problems } from './problem.ts'
import { plain, type Tree } from './tree.ts'

/** What a tree gives, by key. */
export interface Gathered {
  readonly given: ReadonlyMap<string, Given>
  /** What is left alone, such as sections of stores that are not in use, by key, and where it stands. */
  readonly leftAlone: ReadonlyMap<string, string>
}

/** Takes from a file, or from what the application gives, what is known, and complains of the rest. */
export function gather(tree: Tree, names: Names, problems: Problems): Gathered {
  const given = new Map<string, Given>()
  const leftAlone = new Map<string, string>()
  const visit = (key: string, tree: Tree, namePlace: string) => {
    const { place, branches, value } = tree
    // As in YAML, where a name without a value is as good as none.
    if (branches === undefined && (value === null || value === undefined)) return
    if (names.whyLeftAlone(key) !== undefined) return leftAlone.set(key, namePlace)
    if (names.option(key) !== undefined) return given.set(key, { value: plain(tree), place })
    if (branches === undefined) return problems.add({ key: key || 'the whole', place, expected: 'a section' })
    for (const [name, branch] of branches) {
      const below = key === '' ? name : `${key}.${name}`
      const isKnown = names.option(below) ?? names.whyLeftAlone(below) ?? names.isSection(below)
      if (isKnown && !name.includes('.')) visit(below, branch, branch.namePlace)
      else problems.add({ key: below, place: branch.namePlace, expected: names.likely(key, name) })
    }
  }
  visit('', tree, tree.place)
  return { given, leftAlone }
}
