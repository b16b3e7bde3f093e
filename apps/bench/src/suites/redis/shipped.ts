import { newMessageId } from '@sess/core'
import { restOf } from '../../../../../packages/store-redis/src/element.ts'
import { atOnce, type Contender } from '../../measure.ts'
import { messagesOf, type Way } from '../../server/contenders.ts'
import type { Field } from '../../server/field.ts'
import type { Prepared } from './recorder.ts'
import type { Rig } from './rig.ts'

/** What an append sends behind the keys and the session's id: id and element of each message. */
const OF_MESSAGE = 2

/** The store's own script, sent by bare ioredis. The message is written out at the call, as everybody must. */
export function shipped(name: string, field: Field, way: Way, rig: Rig): Contender {
  let sessions: readonly Prepared[] = []
  let messages: ReturnType<typeof messagesOf> = []
  return {
    name,
    prepare: async () => {
      await field.cut()
      const appends = []
      messages = messagesOf(way)
      for (const id of field.ids)
        appends.push(await rig.recorder.append(id, messages[0] as (typeof messages)[number]))
      sessions = appends.map((args) => args.slice(0, -OF_MESSAGE))
    },
    run: () =>
      atOnce(way.calls, way.inFlight, (i) => {
        const { id = newMessageId(), role, content, metadata = {} } = messages[i] as (typeof messages)[number]
        const element = `,null,${restOf({ id, role, content, metadata })}`
        return rig.bare.evalsha(...(sessions[i % sessions.length] as Prepared), id, element)
      }),
  }
}
