import { createInterface } from 'node:readline'
import type { SessionManager } from '@sess/core'
import { explain } from '../words.ts'
import type { Agent } from './agent.ts'
import { Chat } from './chat.ts'
import type { Tone } from './desk.ts'
import { liveOn } from './live.ts'

const USER = 'me'
const CODES: { readonly [T in Tone]: string } = { plain: '', dim: '\x1b[2m', bold: '\x1b[1m' }

/** Where a chat takes place. */
export interface Room {
  /** Of the store. */
  readonly name: string
  /** What becomes of the sessions when the program ends, as a sentence. */
  readonly atTheEnd: string
  readonly manager: SessionManager
  /** How to go on with a session another time. */
  readonly again?: (id: string) => string
}

/**
 * The chat in this process's terminal, or on its pipes; answers the exit code.
 * @param sessionId to go on with; without it the newest one
 */
export async function runChat(room: Room, agent: Agent, sessionId?: string): Promise<number> {
  await using manager = room.manager
  const isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY)
  const chat = new Chat({
    ...{ sessions: manager.forUser(USER), agent, say },
    ...(isTerminal && { live: liveOn(say, (text) => process.stdout.write(text)) }),
    ...(sessionId !== undefined && { sessionId }),
  })
  say(`Sess playground: a chat with ${agent.name}, on the store '${room.name}'.`, 'bold')
  say(`${room.atTheEnd} Say something, or /help.`)
  try {
    await chat.start()
  } catch (error) {
    console.error(explain(error))
    return 1
  }
  await readLines((line) => chat.take(line), isTerminal)
  if (room.again) say(room.again(chat.sessionId))
  return 0
}

function say(line: string, tone: Tone = 'plain'): void {
  const isPainted = tone !== 'plain' && process.stdout.isTTY && !process.env.NO_COLOR
  console.log(isPainted ? `${CODES[tone]}${line}\x1b[0m` : line)
}

/** Hands over line after line, each when the one before is done, until `false`, the end of input, Ctrl-C or Ctrl-D. */
async function readLines(take: (line: string) => Promise<boolean>, terminal: boolean): Promise<void> {
  const lines = createInterface({
    input: process.stdin,
    ...(terminal && { output: process.stdout }),
    terminal,
    prompt: 'you: ',
  })
  const leave = () => lines.close()
  lines.on('SIGINT', leave)
  process.once('SIGINT', leave)
  let isTold = false
  if (terminal) lines.prompt()
  for await (const line of lines) {
    isTold = !(await take(line))
    if (isTold) break
    if (terminal) lines.prompt()
  }
  lines.close()
  process.off('SIGINT', leave)
  // Ctrl-C and Ctrl-D leave the cursor behind the prompt.
  if (terminal && !isTold) console.log()
  if (terminal) console.log('Goodbye.')
}
