import { isSessError, SESS_ERROR_CODES, type SessErrorCode } from '@sess/core'
import { equal, holds, rejectionOf, rejects, textsIn } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, messages } from '../steps.ts'

type Refusal = readonly [code: SessErrorCode, refused: (kit: Kit, id: string) => Promise<unknown>]

// Of a session of 2 messages at most, which has one with the id `there`.
const REFUSALS: readonly Refusal[] = [
  ['SESSION_NOT_FOUND', (kit) => kit.store.load('nowhere')],
  ['SESSION_NOT_FOUND', (kit) => append(kit, 'nowhere', 1)],
  ['SESSION_EXISTS', (kit, id) => kit.create({ id })],
  ['MESSAGE_NOT_FOUND', (kit, id) => kit.store.commit(id, { amend: [{ id: 'nowhere', content: SECRET }] })],
  ['MESSAGE_LIMIT', (kit, id) => append(kit, id, [SECRET, SECRET])],
  [
    'LIMIT_EXCEEDED',
    (kit, id) => kit.store.commit(id, { set: [['k', SECRET]] }, { limits: { contextBytes: 1 } }),
  ],
  [
    'CONFLICT',
    (kit, id) => kit.store.commit(id, { append: [kit.message({ id: 'there', content: 'other' })] }),
  ],
  ['CONFLICT', (kit, id) => kit.store.commit(id, { set: [['k', SECRET]] }, { if: { version: 9 } })],
  [
    'INVALID_ARGUMENT',
    (kit, id) => kit.store.commit(id, { append: [kit.message({ role: '', content: SECRET })] }),
  ],
  ['UNSUPPORTED', (kit, id) => kit.store.commit(id, { [SECRET]: 1, cut: { middle: 1 } } as object)],
]
const SECRET = 'the-secret-of-the-user'

/** Law 10: only SessErrors, which say what is the matter and betray nothing. */
export const errors: LawGroup = {
  name: 'errors',
  laws: [
    {
      id: 'errors/codes',
      title: 'every refusal is a SessError of a stable code, not retryable, with outcome none',
      async run(kit) {
        const { id } = await session(kit)
        for (const [code, refused] of REFUSALS) {
          const error = await rejects(code, code, () => refused(kit, id))
          holds(
            error instanceof Error && SESS_ERROR_CODES.includes(error.code),
            `${code} is no Error of a known code`,
          )
          equal([error.retryable, error.outcome], [false, 'none'], `retryable and outcome of ${code}`)
          holds(error.message.length > 0, `${code} has no message`)
        }
      },
    },
    {
      id: 'errors/session-id',
      title: 'an error about a session names it',
      async run(kit) {
        const { id } = await session(kit)
        for (const [code, refused] of REFUSALS) {
          const error = await rejects(code, code, () => refused(kit, id))
          if (code === 'INVALID_ARGUMENT' || code === 'UNSUPPORTED') continue
          equal(error.sessionId, code === 'SESSION_NOT_FOUND' ? 'nowhere' : id, `sessionId of ${code}`)
        }
      },
    },
    {
      id: 'errors/no-content',
      title: "no error's text or log holds content, and what a CONFLICT carries is not enumerable",
      async run(kit) {
        const { id } = await session(kit)
        for (const [code, refused] of REFUSALS) {
          if (code === 'UNSUPPORTED') continue
          const error = await rejects(code, code, () => refused(kit, id))
          const told = [JSON.stringify(error), ...textsIn(error)]
          holds(!told.some((text) => text.includes(SECRET)), `${code} tells content`)
        }
      },
    },
    {
      id: 'errors/not-found',
      title: 'load and commit of a session that never was are SESSION_NOT_FOUND, whatever they ask',
      async run(kit) {
        await kit.create()
        const id = 'nowhere'
        await rejects('SESSION_NOT_FOUND', 'load', () =>
          kit.store.load(id, { messages: { last: 1 }, context: true }),
        )
        const changes = [
          {},
          { append: messages(kit, 1) },
          { cut: { newest: 1 } },
          { session: { ttlMs: 1000 } },
        ]
        for (const change of changes)
          await rejects('SESSION_NOT_FOUND', 'commit', () =>
            kit.store.commit(id, change, { if: { version: 1 } }),
          )
        equal(await kit.store.delete(id), false, 'delete')
      },
    },
    {
      id: 'errors/malformed-first',
      title: 'what is malformed is refused before the session is looked at',
      async run(kit) {
        const wrong = { append: [kit.message({ role: '' })] }
        await rejects('INVALID_ARGUMENT', 'commit', () => kit.store.commit('nowhere', wrong))
        await rejects('INVALID_ARGUMENT', 'load', () => kit.store.load('nowhere', { messages: { last: 0 } }))
        const unknown = () => kit.store.commit('nowhere', { later: 1 } as object)
        await rejects('UNSUPPORTED', 'commit of an unknown part', unknown)
      },
    },
    {
      id: 'errors/closed-before-cap',
      title: 'a session that is closed and full is SESSION_CLOSED',
      async run(kit) {
        const { id } = await kit.create({ isActive: false, maxMessages: 1, messages: messages(kit, 1) })
        await rejects('SESSION_CLOSED', 'commit', () => append(kit, id, 1))
        await rejects('SESSION_CLOSED', 'commit of a large batch', () => append(kit, id, 2))
      },
    },
    {
      id: 'errors/promises',
      title: 'a refusal is a rejection, never a throw, and a cursor of another list no crash',
      async run(kit) {
        const { id } = await kit.create()
        const calls = [() => kit.store.load(''), () => kit.store.commit('', {}), () => kit.store.count('')]
        for (const call of calls) await rejects('INVALID_ARGUMENT', 'call', call)
        await rejectionOf('create', () => kit.create({ id }))
        for (const cursor of ['', 'x', '{}', '%', '\u0000', '999999999999999999999']) {
          const list = () => kit.store.list({ userId: 'user', limit: 5, cursor })
          const outcome = await list().catch((error: unknown) => error)
          const isPage = typeof outcome === 'object' && outcome !== null && 'sessions' in outcome
          holds(isPage || isSessError(outcome), `the cursor '${cursor}' fails with what is no SessError`)
        }
      },
    },
  ],
}

function session(kit: Kit) {
  return kit.create({ maxMessages: 2, messages: [kit.message({ id: 'there', content: SECRET })] })
}
