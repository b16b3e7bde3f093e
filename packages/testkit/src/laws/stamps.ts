import type { NewMessage, Stamp } from '@sess/core'
import { equal, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, everything, ids, messages, NEW_SESSION, refuses, seqs } from '../steps.ts'

const STAMP: Stamp = { version: 7, lastSeq: 9, updatedAt: 2000, expiresAt: null, createdAt: 1000 }

/** Stamps: a write made elsewhere, copied to the letter. */
export const stamps: LawGroup = {
  name: 'stamps',
  laws: [
    {
      id: 'stamps/create',
      title: 'a stamped create takes version, lastSeq, times and seqs as they are',
      async run(kit) {
        const sent = [
          kit.message({ seq: 2, version: 3, createdAt: 1500, amendedAt: 1700 }),
          kit.message({ seq: 8 }),
        ]
        const stamp = { ...STAMP, expiresAt: 9e12 }
        const session = { ...NEW_SESSION, id: 'copy', messages: sent }
        const made = await kit.store.create({ ...session, ttlMs: 5000 }, { stamp })
        const { version, lastSeq, updatedAt, createdAt, expiresAt } = made
        equal({ version, lastSeq, updatedAt, createdAt, expiresAt }, stamp, 'the stamped fields')
        const { session: stored, messages } = await everything(kit, 'copy')
        equal(stored, made, 'the session stored')
        equal(messages?.[0], { ...sent[0] }, 'a message with all its fields')
        equal(
          [messages?.[1]?.seq, messages?.[1]?.version, messages?.[1]?.amendedAt],
          [8, 7, undefined],
          'a plain one',
        )
      },
    },
    {
      id: 'stamps/commit',
      title: 'a stamped commit takes version, lastSeq, times and seqs as they are',
      async run(kit) {
        const { id, createdAt } = await kit.create()
        const stamp = { version: 7, lastSeq: 9, updatedAt: createdAt + 5000, expiresAt: createdAt + 1e9 }
        const sent = [kit.message({ seq: 4 }), kit.message({ seq: 9, version: 5, amendedAt: 1234 })]
        const done = await kit.store.commit(id, { append: sent }, { stamp })
        const { version, lastSeq, updatedAt, expiresAt } = done
        equal({ version, lastSeq, updatedAt, expiresAt }, stamp, 'the stamped fields')
        equal(seqs(done.messages), [4, 9], 'the seqs')
        equal(
          done.messages.map(({ version, amendedAt }) => [version, amendedAt ?? null]),
          [
            [7, null],
            [5, 1234],
          ],
          'the messages',
        )
        equal(await kit.messages(id), done.messages, 'the messages stored')
      },
    },
    {
      id: 'stamps/amend',
      title: 'a stamped amendment carries the version and time of the stamp',
      async run(kit) {
        const message = kit.message()
        const { id, createdAt } = await kit.create({ messages: [message] })
        const stamp = { version: 7, lastSeq: 1, updatedAt: createdAt + 5000, expiresAt: null }
        await kit.store.commit(id, { amend: [{ id: message.id, content: 'new' }] }, { stamp })
        const [stored] = await kit.messages(id)
        equal([stored?.version, stored?.amendedAt], [7, createdAt + 5000], 'the message')
      },
    },
    {
      id: 'stamps/cut',
      title:
        'a stamped cut of the tail takes the lastSeq of the stamp, which must count the seq that it uses up',
      async run(kit) {
        const { id, updatedAt } = await kit.create({ messages: [kit.message(), kit.message()] })
        const stamp = { version: 2, updatedAt, expiresAt: null }
        const cut = { newest: 1 }
        await refuses(kit, 'CONFLICT', id, { cut }, { stamp: { ...stamp, lastSeq: 2 } })
        const done = await kit.store.commit(id, { cut }, { stamp: { ...stamp, lastSeq: 8 } })
        equal(done.lastSeq, 8, 'lastSeq')
      },
    },
    {
      id: 'stamps/goes-on',
      title: 'after a stamped write the store goes on from its version and lastSeq',
      async run(kit) {
        const session = { ...NEW_SESSION, id: 'copy', messages: [kit.message({ seq: 3 })] }
        await kit.store.create(session, { stamp: STAMP })
        const done = await append(kit, 'copy', 1)
        equal([done.version, seqs(done.messages)], [8, [10]], 'the next commit')
        const { messages } = await kit.store.load('copy', { messages: { afterSeq: 3, limit: 5 } })
        equal(seqs(messages), [10], 'the page past the gap')
      },
    },
    {
      id: 'stamps/judged-elsewhere',
      title: 'beside a stamp neither closed nor cap nor limits are judged, in a create either',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 1, overflow: 'drop-oldest' })
        const { updatedAt } = await kit.store.commit(id, { session: { isActive: false } })
        const stamp = { version: 9, lastSeq: 3, updatedAt, expiresAt: null }
        const append = [1, 2, 3].map((seq) => kit.message({ seq }))
        const options = { stamp, limits: { contextBytes: 1, metadataBytes: 1 } }
        const change = { append, set: [['k', 'long']] as const, session: { metadata: { a: 'long' } } }
        const copied = await kit.store.commit(id, change, options)
        equal([copied.messageCount, copied.removedCount], [3, 0], 'what the commit comes to')
        const session = { ...NEW_SESSION, maxMessages: 1, messages: append, metadata: { a: 'long' } }
        const made = await kit.store.create({ ...session, context: [['k', 'long']] }, options)
        equal(made.messageCount, 3, 'what the create comes to')
      },
    },
    {
      id: 'stamps/dropped',
      title: 'a stamp says how many of the oldest go after the append, whatever the cap',
      async run(kit) {
        const sent = messages(kit, 3)
        const { id, updatedAt } = await kit.create({ messages: sent })
        const [first] = ids(sent)
        const stamp = { version: 2, lastSeq: 4, updatedAt, expiresAt: null, dropped: 2 }
        const change = { amend: [{ id: first ?? '', content: 'new' }], append: [kit.message({ seq: 4 })] }
        const done = await kit.store.commit(id, change, { stamp })
        equal([done.removedCount, done.droppedCount, done.removed], [2, 2, []], 'the answer')
        equal(seqs(await kit.messages(id)), [3, 4], 'what is left')
        const again = [kit.message({ id: first ?? '' })]
        equal((await kit.store.commit(id, { append: again })).lastSeq, 5, 'an append of an id that went')
        const create = () => kit.store.create({ ...NEW_SESSION, id: 'other' }, { stamp })
        await rejects('INVALID_ARGUMENT', 'create', create)
      },
    },
    {
      id: 'stamps/times',
      title:
        'times beyond thirteen digits, or before 1970, and lifetimes over 100 years are INVALID_ARGUMENT',
      async run(kit) {
        const { id, updatedAt } = await kit.create()
        const stamp = { version: 9, lastSeq: 9, updatedAt, expiresAt: 9_999_999_999_998 }
        for (const wrong of [{ updatedAt: -1 }, { updatedAt: 1e13 }, { expiresAt: 9_999_999_999_999 }])
          await refuses(kit, 'INVALID_ARGUMENT', id, { set: [['k', 1]] }, { stamp: { ...stamp, ...wrong } })
        await refuses(kit, 'INVALID_ARGUMENT', id, { session: { ttlMs: 3_153_600_000_001 } })
        await kit.store.commit(id, { session: { ttlMs: 3_153_600_000_000 } })
        await kit.store.commit(id, {}, { stamp })
        equal((await kit.store.load(id)).session.expiresAt, 9_999_999_999_998, 'the last time there is')
      },
    },
    {
      id: 'stamps/alone',
      title: 'a stamp is written also where nothing else changes, with a nearer end too',
      async run(kit) {
        const { id, updatedAt } = await kit.create({ ttlMs: 1e9 })
        const stamp = { version: 5, lastSeq: 4, updatedAt, expiresAt: updatedAt + 1e8 }
        for (const change of [{}, { unset: ['nowhere'] }]) {
          const given = { ...stamp, version: change.unset ? 6 : 5 }
          await kit.store.commit(id, change, { stamp: given })
          const { session } = await kit.store.load(id)
          const { version, lastSeq, expiresAt } = session
          equal({ version, lastSeq, updatedAt: session.updatedAt, expiresAt }, given, 'the session')
        }
      },
    },
    {
      id: 'stamps/older',
      title: 'a stamp that is not newer than the session is CONFLICT',
      async run(kit) {
        const { id } = await kit.create({ messages: [kit.message(), kit.message()] })
        const { updatedAt } = await append(kit, id, 1)
        const ahead = { version: 9, lastSeq: 9, updatedAt, expiresAt: null }
        const behind = [{ version: 2 }, { version: 1 }, { lastSeq: 2 }, { updatedAt: updatedAt - 1 }]
        for (const older of behind) {
          const stamp = { ...ahead, ...older }
          const error = await refuses(kit, 'CONFLICT', id, { set: [['k', 1]] }, { stamp })
          equal(error.current?.version, 2, 'the version in the error')
        }
        // Not older than the session, though older than now.
        await kit.pass(20)
        await kit.store.commit(id, { set: [['k', 1]] }, { stamp: ahead })
      },
    },
    {
      id: 'stamps/seqs',
      title: 'beside a stamp each message needs a seq above the last and not above the lastSeq of the stamp',
      async run(kit) {
        const { id, updatedAt } = await kit.create({ messages: [kit.message(), kit.message()] })
        const stamp = { version: 9, lastSeq: 6, updatedAt, expiresAt: null }
        const wrong = [[undefined], [3, undefined], [2], [5, 4], [4, 4], [7], [0], [3.5]]
        for (const seqs of wrong) {
          const sent = seqs.map((seq) => kit.message(seq === undefined ? {} : { seq }))
          const code = seqs[0] === 2 ? 'CONFLICT' : 'INVALID_ARGUMENT'
          await refuses(kit, code, id, { append: sent }, { stamp })
          const create = () => kit.store.create({ ...NEW_SESSION, messages: sent }, { stamp })
          if (seqs[0] !== 2) await rejects('INVALID_ARGUMENT', 'create', create)
        }
      },
    },
    {
      id: 'stamps/needed',
      title: 'seq, version and amendedAt of a message without a stamp are INVALID_ARGUMENT',
      async run(kit) {
        const { id } = await kit.create()
        const fields: Partial<NewMessage>[] = [{ seq: 1 }, { version: 1 }, { amendedAt: 1 }]
        for (const field of fields) {
          await refuses(kit, 'INVALID_ARGUMENT', id, { append: [kit.message(field)] })
          await rejects('INVALID_ARGUMENT', 'create', () => kit.create({ messages: [kit.message(field)] }))
        }
      },
    },
  ],
}
