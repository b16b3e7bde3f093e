import { createHash, type Hash } from 'node:crypto'
import type { CallOptions, ContextEntry, Message, Session, SessionStore } from '@sess/core'
import { type PageReader, readPages } from './pages.ts'

/** What of a session is compared: its record, and hashes (SHA-256) of its messages and its context. */
export interface Digest {
  readonly session: Session
  readonly messages: string
  readonly context: string
}

/** The digest of a session as of one version, read a page at a time. */
export function digestOf(store: SessionStore, id: string, options?: CallOptions): Promise<Digest> {
  let session: Session | undefined
  let context = ''
  let messages: Hash = createHash('sha256')
  const reader: PageReader<Digest> = {
    begin(record, entries) {
      session = record
      context = hashOf(entries)
      messages = createHash('sha256')
    },
    page(page) {
      for (const message of page) messages.update(`${textOf(message)}\n`)
    },
    end: () => ({ session: session as Session, messages: messages.digest('hex'), context }),
  }
  return readPages(store, id, reader, options)
}

/** Whether two records say the same in every field. */
export function sameRecord(a: Session, b: Session): boolean {
  return recordText(a) === recordText(b)
}

/** Stores give fields, and the keys of metadata, in orders of their own. */
function recordText({ metadata, ...fields }: Session): string {
  return JSON.stringify([sorted(fields), sorted(metadata)])
}

function sorted(value: object): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}

function hashOf(entries: readonly ContextEntry[]): string {
  const hash = createHash('sha256')
  for (const entry of entries) hash.update(`${JSON.stringify(entry)}\n`)
  return hash.digest('hex')
}

function textOf({
  id,
  seq,
  role,
  content,
  metadata,
  createdAt,
  version,
  amendedAt,
  digest,
}: Message): string {
  return JSON.stringify([
    id,
    seq,
    role,
    content,
    metadata,
    createdAt,
    version,
    amendedAt ?? null,
    digest ?? null,
  ])
}
