import { writeTurns } from '@sess/faults/turns'
import { createRedisStore } from '../../src/index.ts'

// A process of its own that writes whole turns. Its arguments are the server's URL and what `writeTurns` takes.
const [url = '', ...args] = process.argv.slice(2)
await writeTurns(createRedisStore({ url }), args)
