export const MASK = '***'

/** Shows values to people, without any secret. */
export class Shown {
  readonly #secrets = new Set<string>()

  /** Wherever this value turns up again, it is hidden. */
  hide(secret: unknown): void {
    // Shorter ones would hide half of every text.
    if (String(secret).length > 3) this.#secrets.add(String(secret))
  }

  text(text: string): string {
    let masked = text
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, MASK)
    // Who connects, in an address of any form.
    return masked.replace(/[^\s/@"']*:[^\s@"']*@/g, `${MASK}@`)
  }

  /** A value as a part of a sentence. */
  value(value: unknown): string {
    if (value === undefined) return 'nothing'
    // Such as a key where its file should be named.
    if (typeof value === 'string' && (value.length > 200 || value.includes('\n')))
      return `text of ${value.length} characters`
    if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a section'
    return this.text(typeof value === 'string' ? JSON.stringify(value) : String(value))
  }
}
