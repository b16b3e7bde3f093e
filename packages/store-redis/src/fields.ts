const [ZERO, MINUS] = [48, 45]

/**
 * Reads the fields of a text from left to right, a space behind each. Digit by digit: a pattern, or a cut into parts
 * that are then converted, takes several times as long, which is a part of a page and of an append that can be seen.
 */
export class Fields {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** A whole number, or `null` for `-`. */
  number(): number | null {
    const text = this.#text
    const start = this.#at
    const isNegative = text.charCodeAt(start) === MINUS
    let at = isNegative ? start + 1 : start
    let number = 0
    for (let code = text.charCodeAt(at); code >= ZERO; code = text.charCodeAt(++at))
      number = 10 * number + (code - ZERO)
    this.#at = at + 1
    if (!isNegative) return number
    return at === start + 1 ? null : -number
  }

  word(): string {
    const start = this.#at
    return this.#text.slice(start, this.skip(1).#at - 1)
  }

  skip(count: number): this {
    for (let i = 0; i < count; i++) this.#at = this.#text.indexOf(' ', this.#at) + 1 || this.#text.length
    return this
  }

  /** All that is left, which may have spaces. */
  rest(): string {
    return this.#text.slice(this.#at)
  }
}
