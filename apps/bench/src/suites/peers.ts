import type { Suite } from '../suite.ts'
import { grounds } from './peers/ground.ts'
import { Installed } from './peers/installed.ts'
import { lists } from './peers/lists.ts'
import { KINDS, sectionOf, timed } from './peers/sections.ts'
import { sides } from './peers/sides.ts'

/** What a user would otherwise pick, from its published package, beside ours in one run. */
export const peers: Suite = async function* (plan) {
  for await (const ground of grounds(await Installed.open()))
    try {
      const [appendKind, ...kinds] = KINDS
      const appends = await timed(plan, ground, appendKind)
      yield sectionOf(ground, appendKind, appends)
      yield await sides(plan, ground, appends)
      for (const kind of kinds) yield sectionOf(ground, kind, await timed(plan, ground, kind))
      yield await lists(plan, ground)
    } finally {
      await ground.stop()
    }
}
