import { randomUUID } from 'node:crypto'
import { newMessageId } from '@sess/core'
import { restOf } from '../../../../../packages/store-redis/src/element.ts'
import { inputs } from '../../inputs.ts'
import { atOnce, type Contender } from '../../measure.ts'
import type { Way } from '../../server/contenders.ts'
import type { Field } from '../../server/field.ts'
import type { Prepared } from './recorder.ts'
import type { Rig } from './rig.ts'

/** What an append sends behind the keys and what is the session's: id, createdAt and the element of each message. */
const OF_MESSAGE = 3

/** The store's own script, sent by bare ioredis. The message is written out at the call, as everybody must. */
export function shipped(name: string, field: Field, way: Way, rig: Rig): Contender {
  const input = inputs(way.bytes)
  let sessions: readonly Prepared[] = []
  let ids: readonly string[] = []
  return {
    name,
    prepare: async () => {
      await field.cut()
      const appends = []
      for (const id of field.ids) appends.push(await rig.recorder.append(id, input(0)))
      sessions = appends.map((args) => args.slice(0, -OF_MESSAGE))
      ids = way.ids === 'own' ? Array.from({ length: way.calls }, () => randomUUID()) : []
    },
    run: () =>
      atOnce(way.calls, way.inFlight, (i) => {
        const { role, content, metadata = {} } = input(i)
        const id = ids[i] ?? newMessageId()
        const element = `,null,${restOf({ id, role, content, metadata })}`
        return rig.bare.evalsha(...(sessions[i % sessions.length] as Prepared), id, '', element)
      }),
  }
}
