/** Random numbers that a seed repeats (mulberry32), for property tests whose failures can be run again. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** 0 up to, not including, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  /** Text in which every length of UTF-8 is common, and so are equal beginnings. */
  text(maxLength = 8): string {
    const letters = [
      'a',
      'b',
      '\u0000',
      '"',
      '\\',
      'ä',
      '\u07ff',
      '\u0800',
      '€',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '😀',
      '\u{10ffff}',
    ]
    return Array.from({ length: this.below(maxLength + 1) }, () => this.pick(letters)).join('')
  }
}
