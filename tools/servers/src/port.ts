import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

// Below the ports that systems give to outgoing connections: one of those could take the port of a
// server that is down.
const [first, blocks, size] = [10_000, 44, 500]

let own: Promise<number> | undefined
let next = 0

/** A port of 127.0.0.1 that nobody listens on, and that no other process or thread is given. */
export async function freePort(): Promise<number> {
  own ??= claim()
  const block = await own
  for (let tries = 1; tries < size; tries++) {
    next = (next % (size - 1)) + 1
    const port = block + next
    const server = await listenOn(port)
    server?.close()
    if (server !== undefined) return port
  }
  throw new Error('no free port')
}

/** A block of ports belongs to who listens on the first of them, as long as that lives. */
async function claim(): Promise<number> {
  const start = Math.floor(Math.random() * blocks)
  for (let tries = 0; tries < blocks; tries++) {
    const block = first + ((start + tries) % blocks) * size
    const server = await listenOn(block)
    server?.unref()
    if (server !== undefined) return block
  }
  throw new Error('no free block of ports')
}

async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}
