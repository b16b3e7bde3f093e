import { describe, expect, it } from 'vitest'
import { runChild } from './child.ts'

const TIMEOUT = 60_000
const start = (args: readonly string[], input?: string) => runChild('src/main.ts', args, input)

describe.concurrent('the chat on a pipe', () => {
  it('answers each line, obeys commands and ends with exit code 0', { timeout: TIMEOUT }, async () => {
    const said = [
      ...[
        'my name is 𠮷田 👋',
        'what is 12 * 7?',
        'double that',
        '5 miles in km; 2 kg in g',
        '/title Zahlen',
      ],
      ...[
        '/fork',
        '/rewind 2',
        'now half of it',
        '/context',
        '/list',
        '/open 2',
        'what is my name',
        '/inspect',
      ],
      ...['/open nowhere', '/rewind nothing', '/nonsense', '/delete', '/list', '', '/quit', 'never read'],
    ]
    const { code, out, err } = await start([], `${said.join('\n')}\n`)
    expect(err).toBe('')
    expect(code).toBe(0)
    const shown = out.split('\n')
    expect(shown[0]).toBe("Sess playground: a chat with a small offline agent, on the store 'memory'.")
    expect(shown[1]).toContain('forgets everything when the program ends')
    const inOrder = [
      ...['agent: Noted: your name is 𠮷田 👋.', 'agent: 12 * 7 = 84.', 'agent: 2 * 84 = 168.'],
      ...['agent: 5 miles = 8.04672 km. 2 kg = 2000 g.', 'This session is now called: Zahlen.'],
      ...['In a copy: Zahlen (fork), 17 messages. The other stays as it is.'],
      // Back before 168 and the conversions, the last value is 84 again.
      ...['Took back 2 turns (9 messages). Notes stay as they are.', 'agent: 84 / 2 = 42.'],
      ...['  "note/name": "𠮷田 👋"', 'In Zahlen, 17 messages.', 'agent: Your name is 𠮷田 👋.'],
      ...['There is no such session (any more); /list shows yours, /new starts one.'],
      ...['Usage: /rewind TURNS, such as /rewind 2.', 'There is no /nonsense; /help lists the commands.'],
      ...['The session and all in it is deleted.', 'In Zahlen (fork), 12 messages.'],
    ]
    let at = 0
    for (const line of inOrder) {
      const found = shown.indexOf(line, at)
      expect(found, `'${line}' after line ${at} of\n${out}`).toBeGreaterThanOrEqual(0)
      at = found + 1
    }
    expect(out).not.toContain('never read')
    expect(out).not.toContain('you: never')
    expect(out).not.toContain('\x1b')
  })

  it('ends with exit code 0 at the end of input, without a prompt', { timeout: TIMEOUT }, async () => {
    const { code, out, err } = await start([], 'hello')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/\nagent: Hello! .*\n$/)
    expect(out).not.toContain('you: ')
  })
})

describe.concurrent('the program', () => {
  it('shows how it is used', { timeout: TIMEOUT }, async () => {
    const [help, wrong] = await Promise.all([start(['--help']), start(['--frobnicate'])])
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toMatch(/^Usage: start/)
    expect(wrong).toMatchObject({ code: 2, out: '' })
    expect(wrong.err).toMatch(/^there is no argument '--frobnicate'\.\n\nUsage: start/)
  })

  it('says in one sentence that there is no such file', { timeout: TIMEOUT }, async () => {
    const { code, out, err } = await start(['--tour', '--transcripts', 'no-such.jsonl'])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^There is no file \S*no-such\.jsonl\.\n$/)
  })

  it('takes the tour and ends with exit code 0, or 1 on a faulty store', { timeout: TIMEOUT }, async () => {
    const [whole, faulty] = await Promise.all([start(['--', '--tour']), runChild('test/faulty-tour.ts', [])])
    expect(whole).toMatchObject({ code: 0, err: '' })
    expect(whole.out).toMatch(
      /\nAll \d+ checks held: \d+ ways to use \d+ stores, [\d,]+ conversations, [\d,]+ messages\.\n$/,
    )
    expect(whole.out).not.toContain('NOT HELD')
    expect(faulty).toMatchObject({ code: 1, err: '' })
    expect(faulty.out).toContain('NOT HELD')
    expect(faulty.out).toMatch(/\n\d+ of \d+ checks did not hold: .*\.\n$/)
  })
})
