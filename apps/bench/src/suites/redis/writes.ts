import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { SessionManager } from '@sess/core'
import { BODY_BYTES } from '../../inputs.ts'
import { measure } from '../../measure.ts'
import { closely, managed, perSecond, type Way } from '../../server/contenders.ts'
import type { Plan, Row, Section } from '../../suite.ts'
import type { Rig } from './rig.ts'

/** What it gains that the commands of a tick go to the socket eight at a time. */
export async function writes(plan: Plan, rig: Rig): Promise<Section> {
  const rows: Row[] = []
  const each = await connected(rig)
  for (const ids of ['generated', 'own'] as const)
    for (const inFlight of [1, 16, 64, 256]) {
      const { rounds, calls } = closely(plan, inFlight)
      const way: Way = { inFlight, calls, bytes: BODY_BYTES, ids }
      const [field, other] = [await rig.field('ours', 0, BODY_BYTES), await rig.field('floor', 0, BODY_BYTES)]
      const times = await measure(
        [managed('eight', field, way, rig.manager), managed('each', other, way, each)],
        rounds,
      )
      rows.push({
        what: `addMessage, ${ids} ids, ${inFlight} at once`,
        to: `a write for each, ${perSecond(times, 'each', calls)}/s`,
        ratio: times.ratio('eight', 'each'),
      })
    }
  await each.close()
  return { title: 'Eight commands in one write to the socket', rows }
}

/** A manager like the rig's, but its sockets hold nothing back. */
async function connected(rig: Rig): Promise<SessionManager> {
  const holdNothing = (message: unknown) =>
    Object.assign((message as { readonly socket: object }).socket, { cork() {}, uncork() {} })
  subscribe('net.client.socket', holdNothing)
  const manager = rig.another()
  await manager.health()
  unsubscribe('net.client.socket', holdNothing)
  return manager
}
