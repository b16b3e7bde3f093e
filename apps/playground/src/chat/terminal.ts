import { createInterface } from 'node:readline'
import { SessionManager } from '@sess/core'
import { type StoreKind, stores } from '../stores.ts'
import { explain } from '../words.ts'
import type { Agent } from './agent.ts'
import { Chat } from './chat.ts'
import type { Tone } from './desk.ts'
import { ruleAgent } from './rule-agent.ts'

const USER = 'me'
const CODES: { readonly [T in Tone]: string } = { plain: '', dim: '\x1b[2m', bold: '\x1b[1m' }

/** The chat in this process's terminal, or on its pipes; answers the exit code. */
export async function runChat(storeName: string, agent: Agent = ruleAgent): Promise<number> {
  const kind = stores.find(({ name }) => name === storeName) as StoreKind
  const { store } = await kind.open()
  await using manager = new SessionManager({ store, sliding: true, overflow: 'drop-oldest' })
  const chat = new Chat({ sessions: manager.forUser(USER), agent, say })
  say(`Sess playground: a chat with ${agent.name}, on the store '${kind.name}'.`, 'bold')
  say(`${kind.atTheEnd} Say something, or /help.`)
  try {
    await chat.start()
  } catch (error) {
    console.error(explain(error))
    return 1
  }
  await readLines((line) => chat.take(line))
  return 0
}

function say(line: string, tone: Tone = 'plain'): void {
  const isPainted = tone !== 'plain' && process.stdout.isTTY && !process.env.NO_COLOR
  console.log(isPainted ? `${CODES[tone]}${line}\x1b[0m` : line)
}

/** Hands over line after line, each when the one before is done, until `false`, the end of input, Ctrl-C or Ctrl-D. */
async function readLines(take: (line: string) => Promise<boolean>): Promise<void> {
  const terminal = Boolean(process.stdin.isTTY && process.stdout.isTTY)
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
