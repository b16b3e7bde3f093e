/** A value or a section, and where it stands, whatever it was read from. */
export interface Tree {
  /** `sess.yaml:4:12`, or `overrides`. */
  readonly place: string
  /** Of a section, what is in it by name. */
  readonly branches?: ReadonlyMap<string, Branch>
  readonly value?: unknown
}

export interface Branch extends Tree {
  /** Where the name of it stands. */
  readonly namePlace: string
}

/** Deeper than any configuration; what is deeper is a cycle, or meant to do harm. */
export const MAX_DEPTH = 32

/** The value of a tree, without places. */
export function plain({ branches, value }: Tree): unknown {
  // Entries define what they name, `__proto__` too.
  if (branches !== undefined)
    return Object.fromEntries([...branches].map(([name, branch]) => [name, plain(branch)]))
  return Array.isArray(value) ? value.map(plain) : value
}

/** An object of the application's as a tree. What is `undefined` is left out, and so is a cycle. */
export function toTree(value: unknown, place: string, above: readonly unknown[] = []): Tree {
  if (above.includes(value) || above.length > MAX_DEPTH) return { place }
  const below = (child: unknown) => toTree(child, place, [...above, value])
  if (Array.isArray(value)) return { place, value: value.map(below) }
  if (!isPlainObject(value)) return { place, value }
  const given = Object.entries(value).filter(([, child]) => child !== undefined)
  return {
    place,
    branches: new Map(given.map(([name, child]) => [name, { ...below(child), namePlace: place }])),
  }
}

/** Sections of sections, by name. */
export interface Section {
  [name: string]: unknown
}

/** Puts a value into the section where its path leads. */
export function put(root: Section, path: readonly string[], value: unknown): void {
  let section = root
  for (const name of path.slice(0, -1)) {
    section[name] ??= {}
    section = section[name] as Section
  }
  section[path.at(-1) as string] = value
}

/** Freezes sections and lists all the way down, and nothing of another kind. */
export function deepFreeze<T>(value: T): T {
  const isPlain = Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]'
  if (!isPlain || Object.isFrozen(value)) return value
  for (const below of Object.values(value as object)) deepFreeze(below)
  return Object.freeze(value)
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
