import { createHash } from 'node:crypto'
import {
  type Amendment,
  type Change,
  type CommitOptions,
  type Committed,
  type CreateOptions,
  type Json,
  type Loaded,
  type LoadOptions,
  type Message,
  type NewMessage,
  type NewSession,
  SessError,
  type Session,
  type SessionStore,
  type Want,
} from '@sess/core'
import {
  checkCommit,
  checkCreate,
  invalidOption,
  ownChange,
  ownSession,
  PAGE_BYTES,
  passthrough,
} from '@sess/core/store'
import { algorithmOf, type CompressionAlgorithm, expand, VERBATIM } from './algorithms.ts'
import { bodyOf, bytesOf, isEnvelope, toEnvelope } from './envelope.ts'
import { commitOrRepeat, type Open, openCommitted } from './repeats.ts'

export interface CompressionOptions {
  /** Default `'brotli'`. All are read, whichever is chosen. */
  readonly algorithm?: CompressionAlgorithm
  /** Content whose JSON text is shorter stays as it is. Default 512 bytes. */
  readonly minBytes?: number
  /** Content whose JSON text is longer stays as it is, and what would expand to more is refused as `CORRUPT_DATA`. Default 16 MiB. */
  readonly maxBytes?: number
}

/** In front of the compressed bytes: the algorithm, 1 byte, and how many bytes they make, 4. */
const HEAD_BYTES = 5
/** What `digest` begins with where it is this wrapper's and not its caller's. */
const DIGEST_MARK = 'z1:'
/** From here on compressing is left to another thread: it takes longer than handing it over. */
const LATER_FROM = 16 * 1024

/**
 * A store in which the content of messages is compressed where that saves. The rest stays as it is: metadata and
 * context are small, and limited by what the store holds of them.
 * @throws `CONFIG_INVALID` for options that are none
 * @example `withCompression(withEncryption(store, { keys }))`: what is encrypted does not compress
 */
export function withCompression(store: SessionStore, options: CompressionOptions = {}): SessionStore {
  const compression = new Compression(store, options)
  return {
    ...passthrough(store, 'compression'),
    create: (session, o) => compression.create(session, o),
    load: (id, want, o) => compression.load(id, want, o),
    commit: (id, change, o) => compression.commit(id, change, o),
  }
}

class Compression {
  readonly #store: SessionStore
  readonly #algorithm: ReturnType<typeof algorithmOf>
  readonly #minBytes: number
  readonly #maxBytes: number

  constructor(store: SessionStore, options: CompressionOptions) {
    const { algorithm = 'brotli', minBytes = 512, maxBytes = 16 * 1024 * 1024 } = options
    for (const [name, bytes] of Object.entries({ minBytes, maxBytes }))
      if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > 2 ** 31)
        throw invalidOption('withCompression', `${name} must be a whole number of bytes, at least 1`)
    this.#store = store
    this.#algorithm = algorithmOf('withCompression', algorithm)
    this.#minBytes = minBytes
    this.#maxBytes = maxBytes
  }

  async create(input: NewSession, options?: CreateOptions): Promise<Session> {
    checkCreate(input, options)
    const plain = ownSession(input)
    return this.#store.create({ ...plain, messages: await this.#pack(plain.messages) }, options)
  }

  async load(id: string, want?: Want, options?: LoadOptions): Promise<Loaded> {
    const loaded = await this.#store.load(id, want, options)
    if (loaded.messages === undefined) return loaded
    const isFromEnd =
      want?.messages !== undefined && ('last' in want.messages || 'beforeSeq' in want.messages)
    return { ...loaded, messages: this.#opener(id)(loaded.messages, isFromEnd ? 'newest' : 'oldest') }
  }

  async commit(id: string, input: Change, options?: CommitOptions): Promise<Committed> {
    checkCommit(id, input, options)
    const plain = ownChange(input)
    const { amend, append } = plain
    const packed = {
      ...plain,
      ...(amend && { amend: await this.#packAmendments(amend) }),
      ...(append && { append: await this.#pack(append) }),
    }
    const open = this.#opener(id)
    const send = (change: Change) => this.#store.commit(id, change, options)
    return openCommitted(await commitOrRepeat(send, plain, packed, open), append, open)
  }

  async #pack(messages: readonly NewMessage[]): Promise<readonly NewMessage[]> {
    const packed = messages.map(async (message) => {
      const text = JSON.stringify(message.content)
      const content = await this.#packContent(message.content, text)
      if (content === undefined) return message
      return { ...message, content, digest: message.digest ?? digestOf(text, message.metadata) }
    })
    return Promise.all(packed)
  }

  async #packAmendments(amendments: readonly Amendment[]): Promise<readonly Amendment[]> {
    const packed = amendments.map(async (amendment) => {
      const { content } = amendment
      if (content === undefined) return amendment
      return { ...amendment, content: (await this.#packContent(content, JSON.stringify(content))) ?? content }
    })
    return Promise.all(packed)
  }

  /** The envelope, if the content is better kept in one. */
  async #packContent(content: Json, text: string): Promise<string | undefined> {
    const bytes = Buffer.from(text)
    if (bytes.length >= this.#minBytes && bytes.length <= this.#maxBytes) {
      const { code, compress, compressLater } = this.#algorithm
      const compressed = bytes.length < LATER_FROM ? compress(bytes) : await compressLater(bytes)
      const envelope = toEnvelope('z', Buffer.concat([head(code, bytes.length), compressed]))
      if (envelope.length + 2 < bytes.length) return envelope
    }
    // What a user wrote that looks like an envelope must come back as it was.
    return isEnvelope('z', content)
      ? toEnvelope('z', Buffer.concat([head(VERBATIM, bytes.length), bytes]))
      : undefined
  }

  #opener(sessionId: string): Open {
    const open = (stored: Message) => this.#open(stored, sessionId)
    return (stored, keep) => (keep === undefined ? stored : onePage(stored, keep)).map(open)
  }

  #open(stored: Message, sessionId: string): Message {
    if (!isEnvelope('z', stored.content)) return stored
    const { digest, ...message } = stored
    const what = `session '${sessionId}': content of message '${stored.id}'`
    const bytes = bytesOf(bodyOf('z', stored.content, what), what)
    const { code, size } = readHead(bytes)
    if (size > this.#maxBytes && code !== VERBATIM)
      throw new SessError('CORRUPT_DATA', `${what} would expand to ${size} bytes, more than maxBytes allows`)
    const text = expand(code, bytes.subarray(HEAD_BYTES), size, what).toString('utf8')
    const content = parse(text, what)
    return { ...message, content, ...(digest?.startsWith(DIGEST_MARK) === false && { digest }) }
  }
}

function head(code: number, size: number): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES)
  bytes.writeUInt8(code, 0)
  bytes.writeUInt32BE(size, 1)
  return bytes
}

function readHead(bytes: Buffer): { readonly code: number; readonly size: number } {
  if (bytes.length < HEAD_BYTES) return { code: -1, size: 0 }
  return { code: bytes.readUInt8(0), size: bytes.readUInt32BE(1) }
}

function parse(text: string, what: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw new SessError('CORRUPT_DATA', `${what} is not JSON`)
  }
}

/** By which the store knows a repeat, since the same content may come out in other bytes: 44 characters. */
function digestOf(content: string, metadata: NewMessage['metadata']): string {
  const hash = createHash('sha256')
    .update(`${content}\n${JSON.stringify(metadata)}`)
    .digest('base64url')
  return DIGEST_MARK + hash.slice(0, 44 - DIGEST_MARK.length)
}

/** As many messages from one end as make a page of what they expand to, so that no page takes more memory than one. */
function onePage(stored: readonly Message[], keep: 'oldest' | 'newest'): readonly Message[] {
  let bytes = 0
  const isOver = ({ content }: Message, i: number) => {
    bytes += expandedBytes(content)
    return i > 0 && bytes > PAGE_BYTES
  }
  if (keep === 'oldest') {
    const end = stored.findIndex(isOver)
    return end < 0 ? stored : stored.slice(0, end)
  }
  const end = stored.toReversed().findIndex(isOver)
  return end < 0 ? stored : stored.slice(-end)
}

/** Read from the head alone; what is not compressed is within the store's own page. */
function expandedBytes(content: Json): number {
  if (!isEnvelope('z', content)) return 0
  const from = content.lastIndexOf(':') + 1
  return readHead(Buffer.from(content.slice(from, from + 8), 'base64url')).size
}
