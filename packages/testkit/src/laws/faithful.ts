import type { Json, JsonObject } from '@sess/core'
import { equal, equalInOrder } from '../check.ts'
import { JSON_CASES } from '../fidelity.ts'
import type { Kit, LawGroup } from '../law.ts'
import { everything } from '../steps.ts'

const ODD_TEXTS = JSON_CASES.map(({ value }) => value).filter((value) => typeof value === 'string')

/** Law 7: any JSON value comes back as it went in. */
export const faithful: LawGroup = {
  name: 'faithful',
  laws: [
    {
      id: 'faithful/content',
      title: 'any JSON value comes back as content, deep-equal and with its key order',
      async run(kit) {
        const { id } = await kit.create()
        const sent = JSON_CASES.map(({ value }) => kit.message({ content: value }))
        const { messages: answered } = await kit.store.commit(id, { append: sent })
        const stored = await kit.messages(id)
        for (const [i, { name, value }] of JSON_CASES.entries()) {
          equalInOrder(stored[i]?.content, value, name)
          equalInOrder(answered[i]?.content, value, `${name}, as answered`)
        }
      },
    },
    {
      id: 'faithful/message-metadata',
      title: "any JSON value comes back within a message's metadata",
      async run(kit) {
        const { id } = await kit.create()
        const metadata = JSON_CASES.map(
          ({ value }, i): JsonObject => (isObject(value) ? value : { [`m${i}`]: value }),
        )
        await kit.store.commit(id, { append: metadata.map((metadata) => kit.message({ metadata })) })
        const stored = await kit.messages(id)
        for (const [i, { name }] of JSON_CASES.entries()) equalInOrder(stored[i]?.metadata, metadata[i], name)
      },
    },
    {
      id: 'faithful/context',
      title: 'any JSON value comes back from the context',
      async run(kit) {
        const { id } = await kit.create()
        await kit.store.commit(id, { set: JSON_CASES.map(({ name, value }) => [name, value]) })
        await comesBack(kit, id, (name, value, stored) => equalInOrder(stored, value, name))
      },
    },
    {
      id: 'faithful/create',
      title: 'messages and context that come with the session come back like any other',
      async run(kit) {
        const { id } = await kit.create({
          messages: JSON_CASES.map(({ value }) => kit.message({ content: value })),
          context: JSON_CASES.map(({ name, value }) => [name, value] as const),
        })
        const stored = await kit.messages(id)
        for (const [i, { name, value }] of JSON_CASES.entries()) equalInOrder(stored[i]?.content, value, name)
        await comesBack(kit, id, (name, value, stored) => equalInOrder(stored, value, name))
      },
    },
    {
      id: 'faithful/amend',
      title: 'any JSON value comes back from an amended message, and from one that was cut',
      async run(kit) {
        const ids = JSON_CASES.map((_, i) => `m${i}`)
        const { id } = await kit.create({ messages: ids.map((id) => kit.message({ id })) })
        const amend = JSON_CASES.map(({ value }, i) => ({ id: ids[i] ?? '', content: value }))
        const { amended } = await kit.store.commit(id, { amend })
        const { removed } = await kit.store.commit(id, { cut: { oldest: 1000 } })
        for (const [i, { name, value }] of JSON_CASES.entries()) {
          equalInOrder(amended[i]?.content, value, name)
          equalInOrder(removed[i]?.content, value, `${name}, as removed`)
        }
      },
    },
    {
      id: 'faithful/repeated',
      title: 'any JSON value is equal to itself when its message is repeated',
      async run(kit) {
        const { id } = await kit.create()
        const append = JSON_CASES.map(({ value }) => kit.message({ content: value, metadata: { value } }))
        await kit.store.commit(id, { append })
        equal((await kit.store.commit(id, { append })).replayed, true, 'the repeat')
      },
    },
    {
      id: 'faithful/session-metadata',
      title: "no string of a session's metadata is trimmed, folded or normalised",
      async run(kit) {
        const texts = ODD_TEXTS.filter((text) => text.length < 1000)
        const metadata = Object.fromEntries(texts.map((text, i) => [`m${i}`, text]))
        const { id } = await kit.create({ metadata, userId: 'ann' })
        equal((await kit.store.load(id)).session.metadata, metadata, 'as created')
        const patch = Object.fromEntries(texts.map((text, i) => [`n${i}`, text]))
        await kit.store.commit(id, { session: { metadata: patch } })
        const { sessions } = await kit.store.list({ userId: 'ann', limit: 1 })
        equal(sessions[0]?.metadata, { ...metadata, ...patch }, 'as listed after a patch')
      },
    },
    {
      id: 'faithful/times',
      title: 'a createdAt of any time comes back, before 1970 and after 2100 too',
      async run(kit) {
        const { id } = await kit.create()
        const times = [0, 1, -1, -62135596800000, 4102444800001, 8640000000000000]
        await kit.store.commit(id, { append: times.map((createdAt) => kit.message({ createdAt })) })
        equal(
          (await kit.messages(id)).map(({ createdAt }) => createdAt),
          times,
          'the times',
        )
      },
    },
  ],
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function comesBack(kit: Kit, id: string, check: (name: string, value: Json, stored: unknown) => void) {
  const stored = new Map((await everything(kit, id)).context)
  for (const { name, value } of JSON_CASES) check(name, value, stored.get(name))
}
