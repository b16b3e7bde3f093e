import { isSessError, type SessErrorCode } from '@sess/core'

const SENTENCES: { readonly [C in SessErrorCode]?: string } = {
  SESSION_NOT_FOUND: 'There is no such session (any more); /list shows yours, /new starts one.',
  SESSION_EXPIRED: 'This session has expired; /new starts another.',
  SESSION_CLOSED: 'This session is closed and takes no more messages; /new starts another.',
  CONFLICT: 'Others keep writing to this session; nothing was saved, please say it again.',
  MESSAGE_LIMIT: 'This session is full; /rewind makes room, /new starts another.',
  LIMIT_EXCEEDED: 'That is too large to keep; please make it shorter.',
  STORE_UNAVAILABLE: 'The store cannot be reached at the moment; please try again.',
}

/** What went wrong, as one plain sentence. */
export function explain(error: unknown): string {
  if (isSessError(error)) return SENTENCES[error.code] ?? sentence(error.message)
  return sentence(error instanceof Error ? error.message : String(error))
}

function sentence(text: string): string {
  const line = oneLine(text, 300)
  return /[.!?]$/.test(line) ? line : `${line}.`
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Text that is safe to show on one line: without control characters, and not longer than so many characters as people count them. */
export function oneLine(text: string, max: number): string {
  const line = printable(text).replace(/\s+/g, ' ').trim()
  const characters = Array.from(graphemes.segment(line.slice(0, max * 16)), ({ segment }) => segment)
  if (characters.length <= max && line.length <= max * 16) return line
  return `${characters.slice(0, max - 1).join('')}…`
}

/** Text without what a terminal would obey; lines stay lines. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '�')
}

/** `1 message`, `2 messages`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
