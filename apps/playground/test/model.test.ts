import { SessionManager } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Chat } from '../src/chat/chat.ts'
import { liveOn } from '../src/chat/live.ts'
import { modelAgent } from '../src/chat/model-agent.ts'
import { type Asked, type Said, startModel } from './model-server.ts'

/** Sums by the calculator, and says what it found; everything else it repeats. */
function answer({ messages }: Asked): Said {
  const last = messages.at(-1)
  if (last?.role === 'tool') return { text: ['It is ', `${JSON.parse(String(last.content)).value}`, '.'] }
  const said = String(last?.content)
  if (!said.startsWith('sum ')) return { text: ['You said ', `“${said}”.`] }
  const input = JSON.stringify({ expression: said.slice(4) })
  const id = `call_${messages.length}`
  return { text: ['A sum.'], calls: [{ id, name: 'calculator', input: [input.slice(0, 5), input.slice(5)] }] }
}

async function chatWith(said: (asked: Asked) => Said, isLive = false) {
  const model = await startModel(said)
  onTestFinished(() => model.stop())
  const shown: string[] = []
  let written = ''
  const say = (line: string) => {
    shown.push(line)
    written += `${line}\n`
  }
  const sessions = new SessionManager({ store: createMemoryStore() }).forUser('ana')
  const agent = modelAgent({ OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'secret', OPENAI_MODEL: 'tiny' })
  const write = (text: string) => {
    written += text
  }
  const chat = new Chat({ sessions, agent, say, ...(isLive && { live: liveOn(say, write) }) })
  await chat.start()
  return { model, chat, sessions, shown, written: () => written }
}

describe('a language model', () => {
  it('answers in pieces, calls tools, and sees their results and all that went before', async () => {
    const { model, chat, sessions, shown } = await chatWith(answer)
    await chat.take('hello')
    await chat.take('sum 12 * 7')
    expect(shown).toEqual([
      'agent: You said “hello”.',
      'agent: A sum.',
      '  calls calculator {"expression":"12 * 7"}',
      '  calculator answers {"value":84,"text":"12 * 7 = 84"}',
      'agent: It is 84.',
    ])
    expect(model.keys).toEqual(['Bearer secret', 'Bearer secret', 'Bearer secret'])
    const { model: name, stream, messages, tools } = model.asked[2] as Asked
    expect([name, stream]).toEqual(['tiny', true])
    expect(tools.map((tool) => tool.function.name)).toContain('remember')
    expect(messages[0]?.role).toBe('system')
    expect(messages.slice(1)).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'You said “hello”.' },
      { role: 'user', content: 'sum 12 * 7' },
      {
        role: 'assistant',
        content: 'A sum.',
        tool_calls: [
          {
            ...{ id: 'call_4', type: 'function' },
            function: { name: 'calculator', arguments: '{"expression":"12 * 7"}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'call_4', content: '{"value":84,"text":"12 * 7 = 84"}' },
    ])
    expect((await sessions.getMessages(chat.sessionId)).map(({ role }) => role)).toEqual([
      ...['user', 'assistant', 'user', 'assistant', 'tool', 'assistant'],
    ])
  })

  it('is told what the session has noted, and keeps what it notes there', async () => {
    const { model, chat, sessions } = await chatWith(({ messages }) =>
      messages.at(-1)?.role === 'tool'
        ? { text: ['Noted.'] }
        : { calls: [{ id: 'c', name: 'remember', input: ['{"name":"name","value":"Ana"}'] }] },
    )
    await chat.take('my name is Ana')
    expect(await sessions.getContext(chat.sessionId, 'note/name')).toBe('Ana')
    expect(model.asked[1]?.messages[0]?.content).toContain('{"note/name":"Ana"}')
  })

  it('may write what is no JSON, name no tool, or be away: the chat says so and goes on', async () => {
    const calls = [
      { id: 'a', name: 'calculator', input: ['{"expr'] },
      { id: 'b', name: 'nothing', input: ['{}'] },
    ]
    const { model, chat, shown } = await chatWith(({ messages }) =>
      messages.at(-1)?.role === 'tool' ? { text: ['Sorry.'] } : { calls },
    )
    await chat.take('try')
    expect(shown).toContain('  calls calculator {}')
    expect(shown).toContain('  nothing answers {"error":"there is no tool \'nothing\'"}')
    expect(shown.at(-1)).toBe('agent: Sorry.')
    await model.stop()
    await chat.take('again')
    expect(shown.at(-1)).toBe('Connection error.')
  })

  it('is shown while it speaks, each thing once', async () => {
    const { chat, written } = await chatWith(answer, true)
    await chat.take('sum 1 + 1')
    expect(written()).toBe(
      [
        'agent: A sum.',
        '  calls calculator {"expression":"1 + 1"}',
        '  calculator answers {"value":2,"text":"1 + 1 = 2"}',
        'agent: It is 2.',
        '',
      ].join('\n'),
    )
  })
})
