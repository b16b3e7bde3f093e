import type { SessionManager } from '@sess/core'
import type { Redis } from 'ioredis'
import { textMessage } from '../../inputs.ts'
import { spread } from '../../measure.ts'
import type { Section } from '../../suite.ts'
import type { Rig } from './rig.ts'

interface Operation {
  readonly what: string
  readonly trips: 1 | 2
  readonly call: (id: string) => Promise<unknown>
}

/** How often each operation waits for the network, and what it sends. */
export async function trips(rig: Rig): Promise<Section> {
  const [node] = rig.nodes as readonly [Redis]
  const client = node.duplicate()
  const counter = countTrips(client)
  const manager = rig.managerOn(client)
  const found: { operation: Operation; trips: number; sent: readonly string[] }[] = []
  for (const operation of operations(manager)) {
    const session = () =>
      manager.createSession('user', { context: { a: 1 }, messages: [textMessage(0), textMessage(1)] })
    // Once before, for the server to know the scripts.
    await operation.call((await session()).id)
    const { id } = await session()
    let trips = 0
    const sent = await sentDuring(node, client, async () => {
      counter.reset()
      await operation.call(id)
      trips = counter.trips()
    })
    found.push({ operation, trips, sent })
  }
  await manager.deleteUser('user')
  client.disconnect()
  return {
    title: 'Network round trips of an operation (1.00: as many as wanted)',
    rows: found.map(({ operation: { what, trips: wanted }, trips }) => ({
      what,
      to: wanted === 1 ? 'one round trip' : 'two round trips',
      ratio: spread([wanted / trips]),
      goal: { of: 'ratio', atLeast: 1 },
    })),
    notes: [
      `Round trips, and the commands that MONITOR saw from the client: ${found.map(({ operation, trips, sent }) => `${operation.what} ${trips} (${sent.length})`).join(', ')}.`,
    ],
  }
}

function operations(manager: SessionManager): readonly Operation[] {
  const message = textMessage(1)
  const one = (what: string, call: Operation['call']): Operation => ({ what, trips: 1, call })
  return [
    one('createSession', () => manager.createSession('user')),
    one('addMessage', (id) => manager.addMessage(id, message)),
    one('addMessage, own id', (id) => manager.addMessage(id, { ...message, id: 'own' })),
    one('addMessages, 10', (id) => manager.addMessages(id, Array(10).fill(message))),
    one('getMessages', (id) => manager.getMessages(id, { last: 50 })),
    one('getSession with all', (id) => manager.getSession(id, { context: true, messages: { last: 50 } })),
    one('setContext', (id) => manager.setContext(id, 'a', 2)),
    one('getContext', (id) => manager.getContext(id, 'a')),
    one('commit of a turn', (id) => manager.commit(id, { append: [message, message], set: [['a', 3]] })),
    one('cutMessages', (id) => manager.cutMessages(id, { newest: 1 })),
    one('extendTTL', (id) => manager.extendTTL(id, '2h')),
    one('countUserSessions', () => manager.countUserSessions('user')),
    one('deleteSession', (id) => manager.deleteSession(id)),
    { what: 'listSessions', trips: 2, call: () => manager.listSessions('user') },
    { what: 'cleanup of nothing', trips: 2, call: () => manager.cleanup() },
  ]
}

/** Counts how often the client sent something after an answer had come: what goes out together is one trip. */
function countTrips(client: Redis) {
  let trips = 0
  let isAnswered = true
  const send = client.sendCommand.bind(client)
  client.sendCommand = (command, stream) => {
    if (isAnswered) trips++
    isAnswered = false
    command.promise.then(
      () => {
        isAnswered = true
      },
      () => {},
    )
    return send(command, stream)
  }
  return {
    trips: () => trips,
    reset: () => {
      trips = 0
      isAnswered = true
    },
  }
}

/** The commands of one client, without those of its scripts. */
async function sentDuring(
  node: Redis,
  client: Redis,
  work: () => Promise<unknown>,
): Promise<readonly string[]> {
  const source = /\baddr=(\S+)/.exec(String(await client.client('INFO')))?.[1]
  const sent: string[] = []
  const monitor = await node.monitor()
  const seen = new Promise<readonly string[]>((resolve) => {
    monitor.on('monitor', (_time: string, [command = '']: readonly string[], from: string) => {
      if (from !== source) return
      if (command === 'echo') resolve([...sent])
      else sent.push(command)
    })
  })
  await work()
  // What the monitor shows comes after the answers, but in order.
  await client.echo('the end')
  const before = await seen
  monitor.disconnect()
  return before
}
