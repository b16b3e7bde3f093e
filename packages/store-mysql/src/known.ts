import type { SessionRecord } from './record.ts'

const REMEMBERED = 1000

/**
 * The sessions that this process used last, as it saw them. A version says it all: where it is still the session's, so
 * is the rest. Metadata is left out, which no append asks for and which may be large.
 */
export class Known {
  readonly #records = new Map<string, SessionRecord>()

  get(id: string): SessionRecord | undefined {
    return this.#records.get(id)
  }

  see(record: SessionRecord): void {
    const { id } = record.session
    this.#records.delete(id)
    this.#records.set(id, withoutMetadata(record))
    if (this.#records.size > REMEMBERED) this.forget(this.#records.keys().next().value as string)
  }

  forget(id: string): void {
    this.#records.delete(id)
  }
}

function withoutMetadata(record: SessionRecord): SessionRecord {
  const { session } = record
  if (Object.keys(session.metadata).length === 0) return record
  return { ...record, session: { ...session, metadata: {} } }
}
