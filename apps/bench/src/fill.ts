import type { SessionManager } from '@sess/core'
import type { Input } from './inputs.ts'

/** Appends in batches, to be there sooner. */
export async function fill(
  manager: SessionManager,
  id: string,
  count: number,
  input: (i: number) => Input,
): Promise<void> {
  for (let from = 0; from < count; from += 1000)
    await manager.addMessages(
      id,
      Array.from({ length: Math.min(1000, count - from) }, (_, i) => input(from + i)),
    )
}
