import type { Change, Committed, ContextEntry, Message } from '@sess/core'
import { MAX_PAGE } from '@sess/core/store'
import { type Mirrored, mirrored } from '../copy.ts'

/** A commit of the primary, and its answer. */
export interface Applied {
  readonly change: Change
  readonly answer: Committed
}

/** Commits that follow each other, as few that come to the same: messages and context of many turns fit in one. */
export function merged(commits: readonly Applied[]): Mirrored[] {
  const steps: Mirrored[] = []
  let run: Applied[] = []
  let count = 0
  for (const commit of commits) {
    const size = (commit.change.append?.length ?? 0) + (commit.change.set?.length ?? 0)
    if (run.length > 0 && !(count + size <= MAX_PAGE && isNext(run.at(-1), commit))) {
      steps.push(oneOf(run))
      run = []
      count = 0
    }
    run.push(commit)
    count += size
  }
  if (run.length > 0) steps.push(oneOf(run))
  return steps
}

function isNext(before: Applied | undefined, { change, answer }: Applied): boolean {
  if (before === undefined || !isPlain(before.change) || !isPlain(change)) return false
  const { version, createdAt, droppedCount } = before.answer
  return (
    answer.version === version + 1 &&
    answer.createdAt === createdAt &&
    droppedCount + answer.droppedCount === 0
  )
}

/** Whether a change is messages to append and context to set, and nothing else. */
function isPlain(change: Change): boolean {
  for (const part in change)
    if (part !== 'append' && part !== 'set' && change[part as keyof Change] !== undefined) return false
  return true
}

function oneOf(run: readonly Applied[]): Mirrored {
  const [first, last] = [run[0], run.at(-1)] as [Applied, Applied]
  const end = mirrored(last.change, last.answer)
  if (first === last) return end
  const append: Message[] = []
  const set = new Map<string, ContextEntry>()
  for (const { change, answer } of run) {
    append.push(...answer.messages)
    for (const entry of change.set ?? []) set.set(entry[0], entry)
  }
  const { version, createdAt } = first.answer
  return {
    change: { append, set: [...set.values()] },
    options: { ...end.options, if: { version: version - 1, createdAt } },
  }
}
