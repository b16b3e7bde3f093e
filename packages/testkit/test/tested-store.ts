import type {
  CallOptions,
  Lease,
  LeaseRequest,
  LoadOptions,
  Pulse,
  SessionStore,
  StoreInfo,
  StoreStats,
  WatchRequest,
} from '@sess/core'
import { SessError } from '@sess/core'
import type { StoreFactory, StoreHarness } from '../src/law.ts'
import { ReferenceData } from '../src/reference-rules.ts'
import { ReferenceStore } from '../src/reference-store.ts'

// The reference store with all that a law can ask for: a clock to move on, a server to take away, the optional members.

export class Server extends ReferenceData {
  isDown = false
  isNewer = false
  passed = 0
  readonly leases = new Map<string, Lease>()
  /** What broken stores forget to delete. */
  readonly leftovers = new Set<string>()

  constructor() {
    super(() => Date.now() + this.passed)
  }

  names(): string[] {
    const names = [...this.leases.keys()].map((id) => `lease:${id}`)
    for (const [id, { messages, context }] of this.sessions)
      names.push(
        `session:${id}`,
        ...messages.map((m) => `message:${m.id}`),
        ...[...context.keys()].map((k) => `context:${k}`),
      )
    return [...names, ...this.leftovers]
  }
}

export class TestedStore extends ReferenceStore {
  declare protected readonly data: Server
  override readonly info: StoreInfo = {
    name: 'tested',
    shared: true,
    features: ['stats', 'deleteUser', 'watch', 'lease'],
  }

  protected override enter(options: CallOptions): void {
    super.enter(options)
    if (this.data.isDown) throw new SessError('STORE_UNAVAILABLE', 'the server is down')
    if (this.data.isNewer) throw new SessError('UNSUPPORTED', 'the data is of a newer schema')
  }

  override async delete(id: string, options?: LoadOptions): Promise<boolean> {
    const deleted = await super.delete(id, options)
    if (deleted) this.data.leases.delete(id)
    return deleted
  }

  override async health() {
    if (!this.data.isDown || this.closed) return super.health()
    return { ok: false, latencyMs: 0, error: new SessError('STORE_UNAVAILABLE', 'the server is down') }
  }

  async stats(options: CallOptions = {}): Promise<StoreStats> {
    this.enter(options)
    const sessions = [...this.data.sessions.values()].map(({ session }) => session)
    const times = sessions.map(({ createdAt }) => createdAt).sort((a, b) => a - b)
    return {
      sessions: sessions.length,
      expired: sessions.filter((session) => this.isExpired(session)).length,
      messages: sessions.reduce((sum, { messageCount }) => sum + messageCount, 0),
      evicted: 0,
      oldestCreatedAt: times[0] ?? null,
      newestCreatedAt: times.at(-1) ?? null,
    }
  }

  async deleteUser(userId: string, options: CallOptions = {}): Promise<number> {
    this.enter(options)
    const owned = [...this.data.sessions.values()].filter(({ session }) => session.userId === userId)
    for (const { session } of owned) await this.delete(session.id)
    return owned.length
  }

  async *watch(
    id: string,
    { afterVersion = 0 }: WatchRequest,
    options: LoadOptions = {},
  ): AsyncGenerator<Pulse> {
    this.enter(options)
    let seen = afterVersion
    let { createdAt } = this.admit(id, options.if).session
    for (;;) {
      this.enter(options)
      const session = this.data.sessions.get(id)?.session
      if (session === undefined || this.isExpired(session) || session.createdAt !== createdAt) return
      createdAt = session.createdAt
      if (session.version > seen) {
        seen = session.version
        yield { version: session.version, lastSeq: session.lastSeq }
      } else await this.pause(options.signal)
    }
  }

  async lease(id: string, { ttlMs, token }: LeaseRequest, options: LoadOptions = {}): Promise<Lease | null> {
    this.enter(options)
    this.admit(id, options.if)
    const now = this.data.now()
    const held = this.data.leases.get(id)
    const isHeld = held !== undefined && now < held.expiresAt
    if (token === undefined ? isHeld : !isHeld || held.token !== token) return null
    const lease = { token: token ?? `token-${Math.random()}`, expiresAt: now + ttlMs }
    if (ttlMs === 0) this.data.leases.delete(id)
    else this.data.leases.set(id, lease)
    return lease
  }

  protected async pause(signal?: AbortSignal): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, 2)
      signal?.addEventListener('abort', resolve, { once: true })
    })
    signal?.throwIfAborted()
  }
}

/** A harness that can do everything, on a server of its own. */
export function harnessOf(
  open: (server: Server) => SessionStore,
  change: (harness: StoreHarness, server: Server) => Partial<StoreHarness> = () => ({}),
): StoreFactory {
  return () => {
    const server = new Server()
    const harness: StoreHarness = {
      open: () => open(server),
      neighbour: () => open(new Server()),
      advance: (ms) => {
        server.passed += ms
      },
      makeNewer: async () => {
        server.isNewer = true
      },
      inspect: async () => server.names(),
      outage: {
        begin: async () => {
          server.isDown = true
        },
        end: async () => {
          server.isDown = false
        },
      },
    }
    return { ...harness, ...change(harness, server) }
  }
}
