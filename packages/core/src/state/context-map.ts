import type { ContextPage, ContextWindow } from '../contract/load.ts'
import type { ContextEntry, Json } from '../contract/model.ts'
import { RESERVED_PREFIX } from '../rules/limits.ts'
import { entryBytes } from '../rules/rules.ts'
import { frozenJson } from '../values/json.ts'
import { compareUtf8 } from '../values/text.ts'
import { SortedSet } from './sorted-set.ts'

/** A session's context: values by key, and the keys in the order of their bytes. */
export class ContextMap {
  readonly #values = new Map<string, { readonly value: Json; readonly bytes: number }>()
  readonly #keys = new SortedSet<string>(compareUtf8)

  bytesOf(key: string): number {
    return this.#values.get(key)?.bytes ?? 0
  }

  set(key: string, value: Json): void {
    if (!this.#values.has(key)) this.#keys.add(key)
    this.#values.set(key, { value: frozenJson(value), bytes: entryBytes(key, value) })
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#keys.delete(key)
  }

  window(window: ContextWindow): ContextEntry[] {
    if (window === true) return [...this.#keys.upFrom(() => true)].map((key) => this.#entry(key))
    if (!('keys' in window)) return this.#page(window)
    const there = new Set(window.keys.filter((key) => this.#values.has(key)))
    return [...there].sort(compareUtf8).map((key) => this.#entry(key))
  }

  /** Keys with a prefix, upwards; reserved keys only where the prefix is reserved itself. */
  *under(prefix: string, after?: string): Generator<string, void> {
    const start = (key: string) =>
      compareUtf8(key, prefix) >= 0 && (after === undefined || compareUtf8(key, after) > 0)
    yield* within(prefix, this.#keys.upFrom(start))
  }

  *#downUnder(prefix: string, before?: string): Generator<string, void> {
    const beyond = (key: string) => !key.startsWith(prefix) && compareUtf8(key, prefix) > 0
    yield* within(
      prefix,
      this.#keys.downFrom((key) => beyond(key) || (before !== undefined && compareUtf8(key, before) >= 0)),
    )
  }

  #page({ prefix, after, limit, reverse, keysOnly }: ContextPage): ContextEntry[] {
    const page: ContextEntry[] = []
    for (const key of reverse ? this.#downUnder(prefix, after) : this.under(prefix, after)) {
      page.push(keysOnly ? [key, null] : this.#entry(key))
      if (page.length === limit) break
    }
    return page
  }

  #entry(key: string): ContextEntry {
    return [key, this.#values.get(key)?.value as Json]
  }
}

function* within(prefix: string, keys: Iterable<string>): Generator<string, void> {
  const showReserved = prefix.startsWith(RESERVED_PREFIX)
  for (const key of keys) {
    if (!key.startsWith(prefix)) return
    if (showReserved || !key.startsWith(RESERVED_PREFIX)) yield key
  }
}
