import { resolve } from 'node:path'
import { type Args, parseArgs, USAGE } from './args.ts'
import { runChat } from './chat/terminal.ts'
import { redisAt } from './redis.ts'
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

async function tour({ transcripts, redis }: Args & { run: 'tour' }): Promise<number> {
  // A package manager starts this in the package's folder; INIT_CWD is where the person is.
  const file = transcripts && resolve(process.env.INIT_CWD ?? '.', transcripts)
  const server = redis === undefined ? undefined : await redisAt(redis === true ? undefined : redis)
  if (redis !== undefined && server === undefined) return 2
  try {
    return await runTour(file, server && { stores: [...stores, server.kind] })
  } finally {
    await server?.stop()
  }
}

process.exitCode = await main()
