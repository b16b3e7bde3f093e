import { type Script, script } from '../../../../../packages/store-redis/src/scripts/script.ts'
import { BODY_BYTES } from '../../inputs.ts'
import { type Contender, spread } from '../../measure.ts'
import { managed, type Way } from '../../server/contenders.ts'
import type { Plan, Section } from '../../suite.ts'
import { byLrange, listsOf, newest, PAGE, pagesOf, parseEach } from './page.ts'
import type { Rig } from './rig.ts'
import { shipped } from './shipped.ts'
import { smallestAppend } from './smallest.ts'

const IN_FLIGHT = 64

/** How a script would answer a page. */
const PAGES = {
  each: script('each', `return redis.call('LRANGE', KEYS[1], -${PAGE + 1}, -2)`),
  text: script('text', `return table.concat(redis.call('LRANGE', KEYS[1], -${PAGE + 1}, -2), ',')`),
}

/** Microseconds that a call takes: of the client's CPU, of the server's, and of that the command itself. */
interface Spent {
  readonly client: number
  readonly server: number
  readonly command: number
}

interface Measured {
  readonly command: 'evalsha' | 'lrange'
  readonly contender: Contender
}

/** Whose time it is that calls take. */
export async function time(plan: Plan, rig: Rig): Promise<Section> {
  // More than a comparison within rounds needs: a client is cold at first.
  const calls = plan.calls / 2
  const [rounds, warmUp] = [Math.min(plan.long.rounds, 5), 2]
  const all = (await contenders(rig, calls)).map((one) => ({ ...one, spent: [] as Spent[] }))
  for (let round = -warmUp; round < rounds; round++)
    for (const { command, contender, spent } of all) {
      await contender.prepare?.()
      const before = await soFar(rig, command)
      await contender.run()
      const after = await soFar(rig, command)
      if (round >= 0) spent.push(between(before, after, calls))
    }
  const lines = all.map(({ contender, spent }) => {
    const median = (of: keyof Spent) => spread(spent.map((each) => each[of])).median.toFixed(1)
    return [contender.name, median('client'), median('server'), median('command')]
  })
  return {
    title: `Whose time a call takes, ${IN_FLIGHT} at once`,
    rows: [],
    table: {
      head: ['µs a call, medians', 'client’s CPU', 'server’s CPU', 'the command itself'],
      rows: lines,
    },
    notes: [
      'The client’s is that of the whole process; of the server’s, what is not the command itself is sockets and protocol.',
    ],
  }
}

async function contenders(rig: Rig, calls: number): Promise<readonly Measured[]> {
  const way: Way = { inFlight: IN_FLIGHT, calls, bytes: BODY_BYTES, ids: 'generated' }
  const [ours, floor, pages] = await Promise.all([
    rig.field('ours', 0, BODY_BYTES),
    rig.field('floor', 0, BODY_BYTES),
    rig.field('ours', 1_000, BODY_BYTES),
  ])
  const lists = listsOf(pages, rig)
  const read = (name: string, how: (list: string) => Promise<readonly unknown[]>) =>
    pagesOf(name, lists, calls, IN_FLIGHT, how)
  for (const { source } of Object.values(PAGES)) await rig.load(source)
  const ask = ({ sha }: Script, list: string) => rig.bare.evalsha(sha, 1, list)
  const parsed = (text: unknown) => JSON.parse(`[${text}]`) as unknown[]
  return [
    { command: 'evalsha', contender: managed('addMessage', ours, way, rig.manager) },
    { command: 'evalsha', contender: shipped('its script by bare ioredis', floor, way, rig) },
    { command: 'evalsha', contender: smallestAppend('the smallest script', way, rig) },
    { command: 'lrange', contender: newest(`getMessages, last ${PAGE}`, pages, calls, IN_FLIGHT, rig) },
    {
      command: 'evalsha',
      contender: read('LRANGE within a script', async (list) =>
        parseEach((await ask(PAGES.each, list)) as string[]),
      ),
    },
    {
      command: 'evalsha',
      contender: read('the same, put together as one text', async (list) =>
        parsed(await ask(PAGES.text, list)),
      ),
    },
    { command: 'lrange', contender: read('LRANGE', byLrange(rig)) },
  ]
}

async function soFar(rig: Rig, command: Measured['command']): Promise<Spent> {
  const { user, system } = process.cpuUsage()
  let [server, spent] = [0, 0]
  for (const node of rig.nodes) {
    for (const [, seconds] of (await node.info('cpu')).matchAll(/used_cpu_(?:sys|user):([\d.]+)/g))
      server += Number(seconds) * 1e6
    const stats = new RegExp(`cmdstat_${command}:calls=\\d+,usec=(\\d+)`).exec(
      await node.info('commandstats'),
    )
    spent += Number(stats?.[1] ?? 0)
  }
  return { client: user + system, server, command: spent }
}

function between(before: Spent, after: Spent, calls: number): Spent {
  const each = (of: keyof Spent) => (after[of] - before[of]) / calls
  return { client: each('client'), server: each('server'), command: each('command') }
}
