import { once } from 'node:events'
import { connect, createServer, type Server as Listener, type Socket } from 'node:net'
import { freePort } from './port.ts'

interface Address {
  host: string
  port: number
}

/** Which replies are cut: some by chance, or each nth. A chunk that arrives counts as a reply. */
export type Cut = { probability: number; random?: () => number } | { every: number }

/** A TCP proxy in front of a server, for faults of the network. */
export class FaultProxy implements Address {
  readonly host = '127.0.0.1'
  readonly port: number
  /** How many replies were cut. */
  cuts = 0
  readonly #target: Address
  readonly #listener: Listener
  readonly #sockets = new Set<Socket>()
  #isCut = () => false
  #partitioned = false

  constructor(target: Address, port: number) {
    this.port = port
    this.#target = target
    this.#listener = createServer((client) => this.#join(client, connect(this.#target)))
  }

  /** Ends a connection when a reply arrives from the server, before a byte of it reaches the client. */
  cutReplies(cut: Cut): void {
    if ('every' in cut) {
      let replies = 0
      this.#isCut = () => ++replies % cut.every === 0
    } else {
      const { probability, random = Math.random } = cut
      this.#isCut = () => random() < probability
    }
  }

  /** Cuts no more. */
  forwardReplies(): void {
    this.#isCut = () => false
  }

  /** Forwards nothing either way; what is sent waits, and connections old and new hang. */
  partition(): void {
    this.#partitioned = true
    for (const socket of this.#sockets) socket.pause()
  }

  heal(): void {
    this.#partitioned = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** Refuses new connections; the present ones stay. */
  refuse(): void {
    this.#listener.close()
  }

  /** Takes new connections again. */
  async accept(): Promise<void> {
    this.#listener.listen(this.port, this.host)
    await once(this.#listener, 'listening')
  }

  /** Ends the present connections. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  stop(): void {
    this.refuse()
    this.disconnect()
  }

  /** Takes the server away and brings it back, as the harness of the kit does it. */
  get outage() {
    return { begin: async () => this.stop(), end: () => this.accept() }
  }

  #join(client: Socket, server: Socket): void {
    this.#forward(client, server, () => false)
    this.#forward(server, client, () => this.#isCut())
  }

  #forward(from: Socket, to: Socket, isCut: () => boolean): void {
    this.#sockets.add(from)
    from.on('data', (bytes) => {
      if (isCut()) {
        this.cuts++
        from.destroy()
        to.destroy()
      } else if (!to.write(bytes)) {
        from.pause()
        to.once('drain', () => this.#partitioned || from.resume())
      }
    })
    // The close that follows says all.
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroySoon()
    })
    if (this.#partitioned) from.pause()
  }
}

/** A proxy on a free port to the server at that address. */
export async function startProxy(target: Address): Promise<FaultProxy> {
  const proxy = new FaultProxy(target, await freePort())
  await proxy.accept()
  return proxy
}
