import { compare, migrate } from '@sess/compose'
import type { SessionStore } from '@sess/core'
import { NotHeld } from '../agree.ts'
import type { Stage } from '../stage.ts'

/** Moves everything from store to store, as far as there are, and holds the last copy against the first. */
export async function checkMigrate({ store, moves }: Stage): Promise<void> {
  const opened: SessionStore[] = []
  try {
    let from = store
    for (const kind of moves) {
      const { store: to } = await kind.open()
      opened.push(to)
      await migrate(from, to)
      from = to
    }
    for await (const { sessionId, kind, parts } of compare(store, from))
      throw new NotHeld(`session ${sessionId} is ${kind} (${parts.join(', ')}) after its moves`)
  } finally {
    for (const one of opened) await one.close()
  }
}
