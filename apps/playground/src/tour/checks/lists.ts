import type { Session } from '@sess/core'
import { must, mustEqual } from '../agree.ts'
import type { Calls } from '../calls.ts'
import type { Stage } from '../stage.ts'

const PAGE = 2

export async function checkLists({ as, played, pass }: Stage): Promise<void> {
  for (const userId of new Set(played.map(({ userId }) => userId))) {
    const calls = as(userId)
    const ids = played.filter((session) => session.userId === userId).map(({ id }) => id)
    // The one made first is written to and comes first.
    const used = ids[0] as string
    await pass(5)
    await calls.setContext(used, 'turns', 0)
    const listed = await byCursor(calls)
    const what = `the list of '${userId}'`
    mustEqual(what, listed.map(({ id }) => id).sort(), [...ids].sort())
    must(listed[0]?.id === used, `${what} does not begin with the session used last`)
    for (const [i, { updatedAt }] of listed.entries())
      must(
        updatedAt <= (listed[i - 1]?.updatedAt ?? updatedAt),
        `${what}: place ${i + 1} is newer than the one before`,
      )
    mustEqual(`${what}, by offset`, await byOffset(calls), listed)
    const count = await calls.countUserSessions()
    must(count === ids.length, `'${userId}' has ${count} sessions by count and ${ids.length} by list`)
  }
}

async function byCursor(calls: Calls): Promise<readonly Session[]> {
  const all: Session[] = []
  let page = await calls.listSessions({ limit: PAGE })
  all.push(...page.sessions)
  while (page.nextCursor !== null) {
    page = await calls.listSessions({ limit: PAGE, cursor: page.nextCursor })
    all.push(...page.sessions)
  }
  return all
}

async function byOffset(calls: Calls): Promise<readonly Session[]> {
  const all: Session[] = []
  for (;;) {
    const { sessions, nextCursor } = await calls.listSessions({ limit: PAGE, offset: all.length })
    all.push(...sessions)
    if (nextCursor === null) return all
  }
}
