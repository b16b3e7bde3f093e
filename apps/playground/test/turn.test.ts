import { type Message, SessionManager, type SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, it } from 'vitest'
import type { Agent } from '../src/chat/agent.ts'
import { Chat } from '../src/chat/chat.ts'
import { ruleAgent } from '../src/chat/rule-agent.ts'
import { withLostReplies } from '../src/tour/lost-replies.ts'

/** A store that notes which of its members are called. */
function counted(store: SessionStore) {
  const calls: string[] = []
  const proxy = new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        calls.push(String(name))
        return member.apply(target, args)
      }
    },
  })
  return { store: proxy, calls }
}

async function chatOn(store: SessionStore, agent: Agent = ruleAgent, sessionId?: string) {
  const shown: string[] = []
  const sessions = new SessionManager({ store }).forUser('ana')
  const say = (line: string) => shown.push(line)
  const chat = new Chat({ sessions, agent, say, ...(sessionId !== undefined && { sessionId }) })
  await chat.start()
  return { chat, sessions, shown }
}

/** An agent whose first replies wait until so many chats have asked for one. */
function slowAgent(chats: number): Agent {
  let release = () => {}
  const all = new Promise<void>((resolve) => {
    release = resolve
  })
  let asked = 0
  return {
    name: 'slow',
    async reply(request) {
      if (++asked === chats) release()
      await all
      return ruleAgent.reply(request)
    },
  }
}

/** The first words of each message, a turn a line. */
function turnsOf(messages: readonly Message[]): readonly string[] {
  const turns: string[][] = []
  for (const { role, content } of messages) {
    if (role === 'user') turns.push([String(content)])
    else turns.at(-1)?.push(role)
  }
  return turns.map((turn) => turn.join(' '))
}

describe('a turn of the chat', () => {
  it('is one load and one commit, with tools and context too', async () => {
    const { store, calls } = counted(createMemoryStore())
    const { chat, shown } = await chatOn(store)
    for (const text of [
      'hello',
      '12 * 7; 5 miles in km',
      'my name is Ana',
      'forget my name',
      'what time is it',
    ]) {
      calls.length = 0
      await chat.take(text)
      expect(calls).toEqual(['load', 'commit'])
    }
    expect(shown).toContain('agent: 12 * 7 = 84. 5 miles = 8.04672 km.')
  })

  it('keeps what was said, called and answered, and takes its title from the first words', async () => {
    const { chat, sessions } = await chatOn(createMemoryStore())
    await chat.take('what is 6 * 7?')
    const [{ id } = { id: '' }] = (await sessions.listSessions()).sessions
    const { metadata, messages } = await sessions.getSession(id, { messages: true })
    expect(metadata).toEqual({ title: 'what is 6 * 7?' })
    expect(messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'what is 6 * 7?'],
      [
        'assistant',
        { toolCalls: [{ id: 'call_1', name: 'calculator', arguments: { expression: '6 * 7' } }] },
      ],
      ['tool', { toolCallId: 'call_1', name: 'calculator', result: { value: 42, text: '6 * 7 = 42' } }],
      ['assistant', '6 * 7 = 42.'],
    ])
  })

  it('never interleaves with a turn from another terminal', async () => {
    const store = createMemoryStore()
    const { sessions } = await chatOn(store)
    const { id } = await sessions.createSession()
    const agent = slowAgent(2)
    const [a, b] = await Promise.all([chatOn(store, agent, id), chatOn(store, agent, id)])
    await Promise.all([a.chat.take('1 + 1'), b.chat.take('2 + 2; 3 + 3')])
    const turns = ['1 + 1 assistant tool assistant', '2 + 2; 3 + 3 assistant tool tool assistant']
    expect([...turnsOf(await sessions.getMessages(id))].sort()).toEqual(turns)
    // One of them was second, and says so.
    expect([...a.shown, ...b.shown].filter((line) => line.includes('read again'))).toHaveLength(1)

    await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        await a.chat.take(`${i} * 2`)
        await b.chat.take(`${i} * 3`)
      }),
    )
    const all = await sessions.getMessages(id)
    expect(turnsOf(all)).toHaveLength(22)
    for (const turn of turnsOf(all.slice(8))) expect(turn).toMatch(/^\d \* [23] assistant tool assistant$/)
  })

  it('is there once when the reply to its commit was lost', async () => {
    const inner = createMemoryStore()
    const { sessions } = await chatOn(inner)
    const { id } = await sessions.createSession()
    const { store, count } = withLostReplies(inner, () => 1)
    const { chat, shown } = await chatOn(store, ruleAgent, id)
    await chat.take('1 + 1')
    await chat.take('2 + 2')
    expect(count).toEqual({ applied: 1, dropped: 1 })
    expect(turnsOf(await sessions.getMessages(id))).toEqual([
      '1 + 1 assistant tool assistant',
      '2 + 2 assistant tool assistant',
    ])
    expect(shown.filter((line) => line.startsWith('agent:'))).toEqual([
      'agent: 1 + 1 = 2.',
      'agent: 2 + 2 = 4.',
    ])
  })

  it('says in one sentence what went wrong, and goes on', async () => {
    const { chat, sessions, shown } = await chatOn(createMemoryStore())
    await sessions.deleteUser()
    expect(await chat.take('hello')).toBe(true)
    expect(shown).toEqual(['There is no such session (any more); /list shows yours, /new starts one.'])
  })

  it('goes on where the person left', async () => {
    const store = createMemoryStore()
    const first = await chatOn(store)
    await first.chat.take('my name is Ana')
    const second = await chatOn(store)
    await second.chat.take('what is my name')
    expect(second.shown).toContain('In my name is Ana, 4 messages.')
    expect(second.shown.at(-1)).toBe('agent: Your name is Ana.')
  })
})
