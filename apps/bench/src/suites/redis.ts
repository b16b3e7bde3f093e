import type { Plan, Suite } from '../suite.ts'
import { append } from './redis/append.ts'
import { footprint } from './redis/footprint.ts'
import { history } from './redis/history.ts'
import { page } from './redis/page.ts'
import { openRigs, type Rig } from './redis/rig.ts'
import { seed } from './redis/seed.ts'
import { smallest } from './redis/smallest.ts'
import { time } from './redis/time.ts'
import { trips } from './redis/trips.ts'
import { writes } from './redis/writes.ts'

/** `SessionManager` on the Redis store beside bare ioredis on the same server, and beside the seed's way. */
export const redis: Suite = async function* (plan) {
  const rigs = await openRigs(plan)
  try {
    if (rigs === undefined)
      yield { title: 'Redis: SKIPPED, no server', rows: [], notes: ['What was tried stands above.'] }
    else yield* sections(plan, rigs.standalone, rigs.cluster)
  } finally {
    await rigs?.stop()
  }
}

async function* sections(plan: Plan, standalone: Rig, cluster: Rig) {
  yield await trips(standalone)
  yield await append(plan, standalone)
  yield await append(plan, cluster)
  yield await writes(plan, standalone)
  yield await smallest(plan, standalone)
  yield await history(plan, standalone)
  yield await page(plan, standalone)
  yield await time(plan, standalone)
  yield await seed(plan, standalone)
  yield await footprint(standalone)
}
