import type { Plan, Suite } from '../suite.ts'
import { append } from './mysql/append.ts'
import { footprint } from './mysql/footprint.ts'
import { history } from './mysql/history.ts'
import { fillPages, pages } from './mysql/pages.ts'
import { plans } from './mysql/plans.ts'
import { openRig, type Rig } from './mysql/rig.ts'
import { seed } from './mysql/seed.ts'

/** `SessionManager` on the MySQL store beside bare mysql2 on the same server, and beside the seed's way. */
export const mysql: Suite = async function* (plan) {
  const rig = await openRig()
  try {
    if (rig === undefined)
      yield { title: 'MySQL: SKIPPED, no server', rows: [], notes: ['What was tried stands above.'] }
    else yield* sections(plan, rig)
  } finally {
    await rig?.stop()
  }
}

async function* sections(plan: Plan, rig: Rig) {
  yield await append(plan, rig, 'distinct')
  yield await append(plan, rig, 'hot')
  yield await history(plan, rig)
  const filled = await fillPages(plan, rig)
  yield await pages(plan, rig, filled)
  yield await plans(rig, filled)
  yield await seed(plan, rig)
  yield await footprint(plan, rig)
}
