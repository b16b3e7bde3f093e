import { once } from 'node:events'
import { createServer } from 'node:net'
import { threadId } from 'node:worker_threads'

// Below the ports that systems give to outgoing connections: one of those could take the port of a
// server that is down. Every process and thread counts from a place of its own.
const [first, count] = [10_000, 22_000]
let next = (process.pid * 131 + threadId * 37) % count

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < count; tries++) {
    next = (next + 1) % count
    const port = first + next
    if (await isFree(port)) return port
  }
  throw new Error('no free port')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
