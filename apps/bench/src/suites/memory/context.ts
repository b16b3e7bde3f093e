import { ring, settings } from '../../inputs.ts'
import { type Contender, measure, oneByOne } from '../../measure.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import { Floor } from './floor.ts'
import { newManager } from './sess.ts'

const CALLS = 100
const FEW = 10
const ID = 'session'

/** What writing one key costs beside many others. */
export async function context({ short, large }: Plan): Promise<Section> {
  const sizes = [FEW, Math.min(large, 10_000)] as const
  const contenders = sizes.flatMap((keys) => [
    sess(`old key, ${keys}`, keys, oldKey(keys)),
    sess(`new key, ${keys}`, keys, newKey()),
    sess(`get, ${keys}`, keys, oldKey(keys), 'get'),
    floor(`floor get, ${keys}`, keys, oldKey(keys), 'get'),
    floor(`floor old key, ${keys}`, keys, oldKey(keys)),
    floor(`floor new key, ${keys}`, keys, newKey()),
  ])
  const times = await measure(contenders, short)
  const [few, many] = sizes
  const row = (what: string, way: string): Row => {
    return {
      what: `${what}, ${whole(many)} keys`,
      to: `${few} keys`,
      ...times.growth(`${way}, ${many}`, `${way}, ${few}`),
    }
  }
  return {
    title: 'Context',
    rows: [
      row('setContext of a key that is there', 'old key'),
      row('setContext of a new key', 'new key'),
      row('getContext', 'get'),
      {
        what: `setContext of a key that is there, ${few} keys`,
        to: 'floor',
        ratio: times.ratio(`old key, ${few}`, `floor old key, ${few}`),
      },
    ],
  }
}

type Key = (i: number) => string

/** Keys that are there, scattered. */
function oldKey(keys: number): Key {
  const names = Array.from({ length: keys }, (_, i) => name(i))
  return (i) => names[(i * 7919) % keys] as string
}

/** Keys that are not there, scattered among those that are. */
function newKey(): Key {
  return (i) => `${name((i * 7919) % 10_000)}/new`
}

function name(i: number): string {
  return `key ${String(i).padStart(5, '0')}`
}

function sess(title: string, keys: number, key: Key, call: 'get' | 'set' = 'set'): Contender {
  const value = ring(settings)
  const manager = newManager()
  return {
    name: title,
    prepare: async () => {
      if (await manager.sessionExists(ID)) {
        // What is new in each round goes again, what is not stays.
        const unset = Array.from({ length: CALLS }, (_, i) => key(i)).filter((key) => key.endsWith('/new'))
        await manager.commit(ID, { unset })
        return
      }
      await manager.createSession('user', { id: ID })
      const entries = Array.from({ length: keys }, (_, i) => [name(i), settings(i)] as const)
      for (let at = 0; at < keys; at += 1000) await manager.commit(ID, { set: entries.slice(at, at + 1000) })
    },
    run: () =>
      oneByOne(CALLS, (i) =>
        call === 'set' ? manager.setContext(ID, key(i), value(i)) : manager.getContext(ID, key(i)),
      ),
  }
}

function floor(title: string, keys: number, key: Key, call: 'get' | 'set' = 'set'): Contender {
  const value = ring(settings)
  const floor = new Floor()
  floor.create(ID)
  let isFilled = false
  return {
    name: title,
    prepare: async () => {
      for (let i = 0; i < CALLS; i++) if (key(i).endsWith('/new')) floor.deleteContext(ID, key(i))
      if (isFilled) return
      isFilled = true
      for (let i = 0; i < keys; i++) await floor.setContext(ID, name(i), settings(i))
    },
    run: () =>
      oneByOne(CALLS, (i) =>
        call === 'set' ? floor.setContext(ID, key(i), value(i)) : floor.getContext(ID, key(i)),
      ),
  }
}
