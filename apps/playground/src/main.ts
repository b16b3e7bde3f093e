import { resolve } from 'node:path'
import { parseArgs, USAGE } from './args.ts'
import { runChat } from './chat/terminal.ts'
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
      // A package manager starts this in the package's folder; INIT_CWD is where the person is.
      return runTour(args.transcripts && resolve(process.env.INIT_CWD ?? '.', args.transcripts))
  }
}

process.exitCode = await main()
