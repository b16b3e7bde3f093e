import { isServerName, type Servers } from './servers.ts'
import { stores } from './stores.ts'

export type Args =
  | { readonly run: 'chat'; readonly store: string }
  | { readonly run: 'tour'; readonly transcripts?: string; readonly servers: Servers }
  | { readonly run: 'help' }
  | { readonly run: 'wrong'; readonly why: string }

export const USAGE = `Usage: start [--store NAME]                     chat with a small offline agent
       start --tour [--transcripts FILE.jsonl] [--redis [URL]] [--mysql [URL]]
                                                play recorded conversations through every store and check them
       start --help

NAME: ${stores.map(({ name }) => name).join(', ')}. FILE.jsonl: one conversation a line, { "id", "messages" }.
--redis and --mysql add the server at the URL, or one that is found on this machine.`

/** What the words after `start` ask for. */
export function parseArgs(argv: readonly string[]): Args {
  const words = argv.filter((word) => word !== '--')
  const given: Given = { servers: {} }
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    const name = word.startsWith('--') ? word.slice(2) : ''
    if (word === '--help' || word === '-h') return { run: 'help' }
    if (word === '--tour') given.tour = true
    else if (isServerName(name))
      given.servers[name] = words[i + 1]?.includes('://') ? (words[++i] as string) : true
    else if (word === '--store' || word === '--transcripts') {
      const value = words[++i]
      if (value === undefined || value.startsWith('--')) return wrong(`${word} needs a value`)
      given[word === '--store' ? 'store' : 'transcripts'] = value
    } else return wrong(`there is no argument '${word}'`)
  }
  return together(given)
}

interface Given {
  tour?: true
  store?: string
  transcripts?: string
  readonly servers: Servers
}

function together({ tour, store, transcripts, servers }: Given): Args {
  if (tour && store !== undefined) return wrong('--store is for the chat: the tour goes through every store')
  if (tour) return { run: 'tour', ...(transcripts !== undefined && { transcripts }), servers }
  for (const name in servers) return wrong(`--${name} goes with --tour`)
  if (transcripts !== undefined) return wrong('--transcripts goes with --tour')
  if (store !== undefined && !stores.some(({ name }) => name === store))
    return wrong(`there is no store '${store}'`)
  return { run: 'chat', store: store ?? (stores[0]?.name as string) }
}

function wrong(why: string): Args {
  return { run: 'wrong', why }
}
