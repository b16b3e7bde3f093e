import { resolve } from 'node:path'
import { isSessError, SessionManager } from '@sess/core'
import { type Args, parseArgs, USAGE } from './args.ts'
import type { Agent } from './chat/agent.ts'
import { ruleAgent } from './chat/rule-agent.ts'
import { type Room, runChat } from './chat/terminal.ts'
import { openServers } from './servers.ts'
import type { StoreKind } from './store-kind.ts'
import { plainMemory, stores } from './stores.ts'
import { runTour } from './tour/main.ts'
import { combined } from './wrapped.ts'

// A reader that has seen enough (`start | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

async function main(): Promise<number> {
  const args = parseArgs(process.argv.slice(2))
  switch (args.run) {
    case 'help':
      console.log(USAGE)
      return 0
    case 'wrong':
      console.error(`${args.why}.\n\n${USAGE}`)
      return 2
    case 'chat':
      return chat(args)
    case 'tour':
      return tour(args)
  }
}

async function chat(args: Args & { run: 'chat' }): Promise<number> {
  const room = 'config' in args ? await roomOf(args.config) : await roomIn(args.store)
  return runChat(room, await agent(), args.session)
}

async function agent(): Promise<Agent> {
  const { OPENAI_API_KEY, OPENAI_BASE_URL } = process.env
  if (!OPENAI_API_KEY && !OPENAI_BASE_URL) return ruleAgent
  return (await import('./chat/model-agent.ts')).modelAgent(process.env)
}

async function roomIn(name: string): Promise<Room> {
  const { atTheEnd, open } = stores.find((kind) => kind.name === name) as StoreKind
  const { store } = await open()
  return { name, atTheEnd, manager: new SessionManager({ store, sliding: true, overflow: 'drop-oldest' }) }
}

async function roomOf(config: string): Promise<Room> {
  const { managerOf } = await import('./configured.ts')
  const { type, manager } = await managerOf(pathOf(config))
  const atTheEnd = `It keeps what ${config} and the environment say.`
  const again = (id: string) => `To go on: start --config ${config} --session ${id}`
  return { name: type, atTheEnd, manager, again }
}

async function tour({ transcripts, config, servers }: Args & { run: 'tour' }): Promise<number> {
  const file = transcripts && pathOf(transcripts)
  const byFile = config === undefined ? [] : [(await import('./configured.ts')).configured(pathOf(config))]
  const opened = await openServers(servers)
  if (opened === undefined) return 2
  try {
    const servers = [...opened.kinds, ...byFile]
    return await runTour(file, {
      stores: [...stores, ...combined(plainMemory, opened.kinds), ...byFile],
      moves: [...servers, plainMemory],
    })
  } finally {
    await opened.stop()
  }
}

/** A package manager starts this in the package's folder; INIT_CWD is where the person is. */
function pathOf(file: string): string {
  return resolve(process.env.INIT_CWD ?? '.', file)
}

process.exitCode = await main().catch((error: unknown) => {
  if (!isSessError(error, 'CONFIG_INVALID')) throw error
  console.error(error.message)
  return 2
})
