/** The text of a message, which follows from its id and its last amendment: so a reader knows whether it is whole. */
export function textOf(id: string, rev: string): string {
  return `${id}|${rev}|${id.repeat((id.length * 7 + rev.length) % 12)}`
}

/** The amendment that a text shows, `null` where it is not a text of this message. */
export function revOf(id: string, text: unknown): string | null {
  const rev = typeof text === 'string' ? text.split('|')[1] : undefined
  return rev !== undefined && text === textOf(id, rev) ? rev : null
}
