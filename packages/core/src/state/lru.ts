/** A map that holds so many entries, and gives up the one unused for longest. */
export class Lru<V> {
  readonly #most: number
  readonly #onEvict: ((key: string, value: V) => void) | undefined
  readonly #entries = new Map<string, V>()

  constructor(most: number, onEvict?: (key: string, value: V) => void) {
    this.#most = most
    this.#onEvict = onEvict
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, value)
    }
    return value
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#most) return
    const [oldest] = this.#entries
    if (oldest === undefined) return
    this.#entries.delete(oldest[0])
    this.#onEvict?.(...oldest)
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
