import type { Json } from '@sess/core'
import { must, mustBeContext, mustEqual } from '../agree.ts'
import type { Stage } from '../stage.ts'

export async function checkContext({ as, played }: Stage): Promise<void> {
  for (const { userId, id, what, context } of played) {
    const calls = as(userId)
    mustBeContext(what, (await calls.getSession(id, { context: true })).context, context)
    for (const [key, value] of context)
      mustEqual(`${what}, '${key}' alone`, await calls.getContext(id, key), value)
    must(
      (await calls.getContext(id, 'no such key')) === undefined,
      `${what}: a key that nobody wrote is there`,
    )
    const paged: (readonly [string, Json])[] = []
    for (let after: string | undefined; ; ) {
      const page = await calls.listContext(id, { limit: 2, ...(after !== undefined && { after }) })
      paged.push(...page.entries)
      if (page.nextKey === null) break
      after = page.nextKey
    }
    mustEqual(
      `${what}, pages of the context`,
      paged.map(([key]) => key),
      [...context.keys()].sort(),
    )
  }
}
