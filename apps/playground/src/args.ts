import { isServerName, type Servers } from './servers.ts'
import { stores } from './stores.ts'

export type Args =
  | ({ readonly run: 'chat'; readonly session?: string } & (
      | { readonly store: string }
      | { readonly config: string }
    ))
  | {
      readonly run: 'tour'
      readonly transcripts?: string
      readonly config?: string
      readonly servers: Servers
    }
  | { readonly run: 'help' }
  | { readonly run: 'wrong'; readonly why: string }

export const USAGE = `Usage: start [--store NAME | --config FILE] [--session ID]
                                                chat with a small offline agent, or with a language model
       start --tour [--transcripts FILE.jsonl] [--redis [URL]] [--mysql [URL]] [--config FILE]
                                                play recorded conversations through every store and check them
       start --help

NAME: ${stores.map(({ name }) => name).join(', ')}. FILE: a configuration, such as config/redis.yaml.
--session goes on with a session that was left, on a store that keeps it.
FILE.jsonl: one conversation a line, { "id", "messages" }.
--redis and --mysql add the server at the URL, or one that is found on this machine.
With OPENAI_API_KEY or OPENAI_BASE_URL (and OPENAI_MODEL) in the environment a model answers.`

const VALUED = ['store', 'transcripts', 'config', 'session'] as const

/** What the words after `start` ask for. */
export function parseArgs(argv: readonly string[]): Args {
  const words = argv.filter((word) => word !== '--')
  const given: Given = { servers: {} }
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    const name = word.startsWith('--') ? word.slice(2) : ''
    const valued = VALUED.find((one) => one === name)
    if (word === '--help' || word === '-h') return { run: 'help' }
    if (word === '--tour') given.tour = true
    else if (isServerName(name))
      given.servers[name] = words[i + 1]?.includes('://') ? (words[++i] as string) : true
    else if (valued !== undefined) {
      const value = words[++i]
      if (value === undefined || value.startsWith('--')) return wrong(`${word} needs a value`)
      given[valued] = value
    } else return wrong(`there is no argument '${word}'`)
  }
  return given.tour ? tour(given) : chat(given)
}

type Given = { tour?: true; readonly servers: Servers } & { [name in (typeof VALUED)[number]]?: string }

function tour({ store, session, transcripts, config, servers }: Given): Args {
  if (store !== undefined) return wrong('--store is for the chat: the tour goes through every store')
  if (session !== undefined) return wrong('--session is for the chat')
  return {
    ...{ run: 'tour', servers },
    ...(transcripts !== undefined && { transcripts }),
    ...(config !== undefined && { config }),
  }
}

function chat({ store, config, session, transcripts, servers }: Given): Args {
  for (const name in servers) return wrong(`--${name} goes with --tour`)
  if (transcripts !== undefined) return wrong('--transcripts goes with --tour')
  const going = { run: 'chat', ...(session !== undefined && { session }) } as const
  if (config !== undefined)
    return store === undefined ? { ...going, config } : wrong('--config names the store itself')
  if (store !== undefined && !stores.some(({ name }) => name === store))
    return wrong(`there is no store '${store}'`)
  return { ...going, store: store ?? (stores[0]?.name as string) }
}

function wrong(why: string): Args {
  return { run: 'wrong', why }
}
