import { resolve } from 'node:path'
import { type Args, parseArgs, USAGE } from './args.ts'
import { runChat } from './chat/terminal.ts'
import { openServers } from './servers.ts'
import { stores } from './stores.ts'
import { runTour } from './tour/main.ts'

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
      return runChat(args.store)
    case 'tour':
      return tour(args)
  }
}

async function tour({ transcripts, servers }: Args & { run: 'tour' }): Promise<number> {
  // A package manager starts this in the package's folder; INIT_CWD is where the person is.
  const file = transcripts && resolve(process.env.INIT_CWD ?? '.', transcripts)
  const opened = await openServers(servers)
  if (opened === undefined) return 2
  try {
    return await runTour(file, { stores: [...stores, ...opened.kinds] })
  } finally {
    await opened.stop()
  }
}

process.exitCode = await main()
