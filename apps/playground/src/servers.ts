import type { Server } from '@sess/servers'
import type { StoreKind } from './store-kind.ts'

// Drivers are loaded where they are asked for, so that the chat starts at once.
const SERVERS = {
  redis: async () => ({
    start: (await import('@sess/servers')).startRedis,
    kindAt: (await import('./redis.ts')).redis,
  }),
  mysql: async () => ({
    start: (await import('@sess/servers')).startMysql,
    kindAt: (await import('./mysql.ts')).mysql,
  }),
} satisfies {
  readonly [name: string]: () => Promise<{ start(): Promise<Server>; kindAt(url: string): StoreKind }>
}

export type ServerName = keyof typeof SERVERS

/** Which servers, each at a URL or (`true`) found on this machine. */
export type Servers = { [N in ServerName]?: true | string }

export function isServerName(name: string): name is ServerName {
  return Object.hasOwn(SERVERS, name)
}

/** Stores on servers, of which those found on this machine end with `stop`; `undefined` where one is not to be had. */
export async function openServers(
  servers: Servers,
): Promise<{ readonly kinds: readonly StoreKind[]; stop(): Promise<void> } | undefined> {
  const kinds: StoreKind[] = []
  const found: Server[] = []
  const stop = async () => {
    for (const server of found) await server.stop()
  }
  for (const [name, at] of Object.entries(servers)) {
    const { start, kindAt } = await SERVERS[name as ServerName]()
    const { orSkip } = await import('@sess/servers')
    const server = at === true ? await orSkip<Server>(() => start()) : { url: at }
    if (server === undefined) {
      await stop()
      return undefined
    }
    if ('stop' in server) found.push(server)
    kinds.push(kindAt(server.url))
  }
  return { kinds, stop }
}
