import type { Peer, Said } from './peer.ts'

interface Kept {
  readonly messages: readonly object[]
  readonly context: { readonly [key: string]: unknown }
}

/** Where a package keeps values: read, changed and written back as a whole. */
export interface Values {
  readonly name: string
  get(id: string): Promise<Kept | undefined>
  set(id: string, session: Kept): Promise<unknown>
  list?(user: string): Promise<{ readonly length: number }>
  close?(): Promise<unknown>
}

/** A conversation in a store of whole values. */
export function whole(values: Values): Peer {
  const { name, list, close } = values
  const read = async (id: string) => {
    const found = await values.get(id)
    if (found === undefined) throw new Error(`${name}: the session is gone`)
    return found
  }
  const toMessage = ({ role, text }: Said) => ({
    ...{ id: crypto.randomUUID(), role, content: text },
    createdAt: Date.now(),
  })
  const add = async (id: string, messages: readonly Said[], context: object = {}) => {
    const session = await read(id)
    await values.set(id, {
      ...session,
      messages: [...session.messages, ...messages.map(toMessage)],
      context: { ...session.context, ...context },
    })
  }
  return {
    name,
    appends: 'the history',
    create: async (user, messages) => {
      const id = `${user}.${crypto.randomUUID()}`
      await values.set(id, { messages: messages.map(toMessage), context: {} })
      return id
    },
    append: (id, message) => add(id, [message]),
    load: read,
    turn: (id, messages, value) => add(id, messages, { state: value }),
    count: async (id) => (await read(id)).messages.length,
    ...(list && { list }),
    ...(close && { close }),
  }
}
