import type { Change } from '../contract/commit.ts'
import type { CommitOptions } from '../contract/session-store.ts'

/** Whether a commit may be sent again when its answer was lost: an append is known again by its ids, and what has neither condition nor cut comes to the same twice (law 11). */
export function isRepeatable({ append = [], cut }: Change, options: CommitOptions | undefined): boolean {
  if (append.length > 0) return true
  const isUnconditional = Object.keys(options?.if ?? {}).every((condition) => condition === 'userId')
  return isUnconditional && cut === undefined && options?.stamp === undefined
}

/** Whether a commit is messages to append and nothing else, under no condition that needs a look at the context. */
export function isPlainAppend(change: Change, options: CommitOptions | undefined): boolean {
  if (options?.stamp !== undefined || options?.if?.absent !== undefined || options?.if?.present !== undefined)
    return false
  for (const part in change) if (part !== 'append' && change[part as keyof Change] !== undefined) return false
  return change.append !== undefined && change.append.length > 0
}
