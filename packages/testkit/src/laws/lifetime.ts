import { equal, holds, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, expire, messages } from '../steps.ts'

/** How a session's lifetime begins, changes and slides. */
export const lifetime: LawGroup = {
  name: 'lifetime',
  laws: [
    {
      id: 'lifetime/begins',
      title: 'a session expires ttlMs after its creation, or never',
      async run(kit) {
        const made = await kit.create({ ttlMs: 123_456 })
        equal([made.ttlMs, made.expiresAt], [123_456, made.createdAt + 123_456], 'with a lifetime')
        const endless = await kit.create({ ttlMs: null, sliding: true })
        equal([endless.ttlMs, endless.expiresAt], [null, null], 'without one')
        const far = await kit.create({ ttlMs: 3e12 })
        equal(far.expiresAt, far.createdAt + 3e12, 'a lifetime of 95 years')
      },
    },
    {
      id: 'lifetime/in-time',
      title: 'a session lives until expiresAt, and not from then on',
      needs: ['advance'],
      async run(kit) {
        const { id } = await kit.create({ ttlMs: 3_600_000 })
        const endless = await kit.create()
        await kit.pass(3_540_000)
        equal((await kit.store.load(id)).session.version, 1, 'a minute before')
        await kit.pass(60_000)
        await rejects('SESSION_EXPIRED', 'load', () => kit.store.load(id))
        await kit.pass(1e12)
        equal((await kit.store.load(endless.id)).session.version, 1, 'one that never expires')
      },
    },
    {
      id: 'lifetime/extended',
      title: 'a new ttlMs begins a new lifetime at the commit, longer or shorter',
      async run(kit) {
        const ttlMs = kit.lifetimeMs
        const [longer, shorter] = [await kit.create({ ttlMs }), await kit.create({ ttlMs: ttlMs * 1000 })]
        await kit.pass(ttlMs / 2)
        const { expiresAt, session } = await kit.store.commit(longer.id, { session: { ttlMs: ttlMs * 1000 } })
        holds(
          (expiresAt ?? 0) >= longer.createdAt + ttlMs / 2 + ttlMs * 1000,
          'the new end counts from the old start',
        )
        equal([session?.ttlMs, session?.expiresAt], [ttlMs * 1000, expiresAt], 'the session')
        await kit.store.commit(shorter.id, { session: { ttlMs } })
        await expire(kit, shorter.id, ttlMs)
        await rejects('SESSION_EXPIRED', 'load', () => kit.store.load(shorter.id))
        equal(
          (await kit.store.load(longer.id)).session.expiresAt,
          expiresAt,
          'the longer one, past its first end',
        )
      },
    },
    {
      id: 'lifetime/made-endless',
      title: 'ttlMs null makes a session endless, and a ttlMs later gives it an end again',
      async run(kit) {
        const { id } = await kit.create({ ttlMs: 1e9 })
        const endless = await kit.store.commit(id, { session: { ttlMs: null } })
        equal([endless.expiresAt, endless.session?.ttlMs], [null, null], 'endless')
        const ended = await kit.store.commit(id, { session: { ttlMs: 1e9 } })
        holds((ended.expiresAt ?? 0) >= endless.updatedAt + 1e9, 'it has no end again')
      },
    },
    {
      id: 'lifetime/fixed',
      title: 'the end of a session that does not slide moves with no commit',
      async run(kit) {
        const { id, expiresAt } = await kit.create({ ttlMs: 1e9 })
        await kit.pass(20)
        const done = await kit.store.commit(id, { append: messages(kit, 1), session: { isActive: false } })
        equal([done.expiresAt, done.session?.expiresAt], [expiresAt, expiresAt], 'expiresAt')
      },
    },
    {
      id: 'lifetime/slides',
      title: 'each commit moves the end of a sliding session to ttlMs from then',
      async run(kit) {
        const { id, expiresAt } = await kit.create({ ttlMs: 1e9, sliding: true })
        await kit.pass(20)
        const done = await append(kit, id, 1)
        equal(done.expiresAt, done.updatedAt + 1e9, 'expiresAt')
        holds((done.expiresAt ?? 0) > (expiresAt ?? 0), 'expiresAt stays')
        equal((await kit.store.load(id)).session.expiresAt, done.expiresAt, 'expiresAt as stored')
      },
    },
    {
      id: 'lifetime/not-on-reads',
      title: 'neither reads nor replayed or refused commits move the end of a sliding session',
      async run(kit) {
        const { id } = await kit.create({ ttlMs: 1e9, sliding: true, userId: 'ann' })
        const change = { append: messages(kit, 1) }
        const { expiresAt } = await kit.store.commit(id, change)
        await kit.pass(20)
        await kit.store.load(id, { messages: { last: 1 }, context: true })
        await kit.store.list({ userId: 'ann', limit: 5 })
        equal((await kit.store.commit(id, change)).expiresAt, expiresAt, 'after a replay')
        await rejects('CONFLICT', 'commit', () =>
          kit.store.commit(id, { set: [['k', 1]] }, { if: { version: 1 } }),
        )
        equal((await kit.store.load(id)).session.expiresAt, expiresAt, 'after all')
      },
    },
    {
      id: 'lifetime/never-shorter',
      title: 'sliding never brings the end nearer',
      async run(kit) {
        const { id, createdAt } = await kit.create({ ttlMs: 1000_000, sliding: true })
        const expiresAt = createdAt + 9e9
        const stamp = { version: 2, lastSeq: 0, updatedAt: createdAt, expiresAt }
        await kit.store.commit(id, { set: [['k', 1]] }, { stamp })
        equal((await append(kit, id, 1)).expiresAt, expiresAt, 'expiresAt')
      },
    },
    {
      id: 'lifetime/starts-sliding',
      title:
        'a session slides from the commit that lets it, and stays where it is after the one that stops it',
      async run(kit) {
        const { id, expiresAt } = await kit.create({ ttlMs: 1e9 })
        await kit.pass(20)
        const started = await kit.store.commit(id, { session: { sliding: true } })
        holds((started.expiresAt ?? 0) > (expiresAt ?? 0), 'the commit that starts it does not slide')
        await kit.pass(20)
        const stopped = await kit.store.commit(id, { session: { sliding: false } })
        equal(stopped.expiresAt, started.expiresAt, 'after the commit that stops it')
        equal((await append(kit, id, 1)).expiresAt, started.expiresAt, 'after another commit')
      },
    },
    {
      id: 'lifetime/stays-alive',
      title: 'a sliding session that is written to outlives its first lifetime',
      async run(kit) {
        const ttlMs = kit.lifetimeMs * 2
        const { id } = await kit.create({ ttlMs, sliding: true })
        for (let i = 0; i < 3; i++) {
          await kit.pass(ttlMs / 2)
          await append(kit, id, 1)
        }
        equal((await kit.store.load(id)).session.messageCount, 3, 'the messages')
      },
    },
  ],
}
