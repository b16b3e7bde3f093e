import { randomUUID } from 'node:crypto'
import { newMessageId } from '@sess/core'
import { inputs } from '../../inputs.ts'
import { atOnce, type Contender } from '../../measure.ts'
import type { Way } from '../../server/contenders.ts'
import type { Field } from '../../server/field.ts'
import type { Prepared } from './recorder.ts'
import type { Rig } from './rig.ts'

/** The store's own script, sent by bare ioredis with arguments that lie ready. */
export function shipped(name: string, field: Field, way: Way, rig: Rig): Contender {
  const input = inputs(way.bytes)
  let calls: readonly Prepared[] = []
  return {
    name,
    prepare: async () => {
      await field.cut()
      const prepared: Prepared[] = []
      for (let i = 0; i < way.calls; i++) {
        const id = way.ids === 'own' ? randomUUID() : newMessageId()
        prepared.push(await rig.recorder.append(field.id(i), { ...input(i), id }))
      }
      calls = prepared
    },
    run: () => atOnce(way.calls, way.inFlight, (i) => rig.bare.evalsha(...(calls[i] as Prepared))),
  }
}
