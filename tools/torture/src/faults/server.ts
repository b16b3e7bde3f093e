import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultProxy, Server } from '@sess/servers'
import { type Breakage, stopFor } from './fault.ts'

/** What may happen to a server that clients reach through a proxy. */
export function serverFaults(server: Server, proxy: FaultProxy): Breakage[] {
  const cut = () => {
    proxy.refuse()
    proxy.disconnect()
  }
  return [
    {
      name: 'server killed',
      async strike(random) {
        await server.kill()
        await sleep(random.whole(0, 1_000))
        await server.restart()
      },
    },
    {
      name: 'server stopped',
      strike: (random) => stopFor(server, random.whole(200, 3_000)),
    },
    {
      // What is sent meanwhile waits, and arrives when its clients gave it up.
      name: 'partition',
      async strike(random) {
        proxy.partition()
        await sleep(random.whole(200, 3_000))
        proxy.heal()
      },
    },
    {
      name: 'refused connections',
      async strike(random) {
        cut()
        await sleep(random.whole(100, 1_500))
        await proxy.accept()
      },
    },
    {
      name: 'lost replies',
      async strike(random) {
        proxy.cutReplies({ probability: random.pick([0.02, 0.1, 0.3]), random: () => random.next() })
        await sleep(random.whole(500, 2_500))
        proxy.forwardReplies()
      },
    },
    {
      name: 'flapping',
      async strike(random) {
        for (let i = random.whole(2, 5); i > 0; i--) {
          cut()
          await sleep(random.whole(5, 80))
          await proxy.accept()
          await sleep(random.whole(5, 120))
        }
      },
    },
  ]
}
