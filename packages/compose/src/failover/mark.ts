import type { CommitOptions, Loaded, SessionStore } from '@sess/core'
import type { Whole } from '../pages.ts'

// A fallback that several processes share holds copies of two kinds: those kept warm, and those that lead because a
// process accepted a write there. The latter carry a mark, set and asked for in the same step as the write. Where one
// process has a fallback for itself, its journal says it all.

/** The context key of a copy that leads. */
export const MARK = 'sess:failover'

/** The options of a write to a warm copy, which must not reach one that leads. */
export function guarded<T extends CommitOptions>(fallback: SessionStore, options: T): T {
  if (!fallback.info.shared) return options
  return { ...options, if: { ...options.if, absent: [MARK] } }
}

/** What a copy holds, as the primary would show it. */
export function unmarked(loaded: Loaded): Loaded {
  const { context, reserved } = loaded
  return {
    ...loaded,
    ...(context && { context: context.filter(([key]) => key !== MARK) }),
    ...(reserved && { reserved: reserved.filter(([key]) => key !== MARK) }),
  }
}

/** A whole copy, as the primary would hold it. */
export function withoutMark(whole: Whole): Whole {
  return { ...whole, context: whole.context.filter(([key]) => key !== MARK) }
}
