import type { Op } from '../history.ts'

export const KINDS = {
  'lost-append': 'an acknowledged message is not in the log',
  'doubled-append': 'a message is in the log twice',
  moved: 'a message was at two places, one after another',
  'seq-reused': 'two messages had the same seq',
  gap: 'the seqs of the log are not 1, 2, 3 …',
  phantom: 'a message that nobody sent, or whose sending failed for certain',
  'changed-content': 'a message is not as it was written',
  vanished: 'a message that a read showed is gone',
  'half-batch': 'a part of a batch is there without the rest of it',
  'half-turn': 'a turn is in the log and not in the context, or the other way round',
  reordered: 'a message that was acknowledged before another was sent comes after it',
  'stale-read': 'a read shows less than what was acknowledged or read before it began',
  'broken-read': 'a read is not the window that was asked for',
  'two-winners': 'two conditional writes were acknowledged on the same condition',
  'late-write': 'a conditional write was applied when its condition did not hold any more',
  'version-reused': 'two commits have the same version',
  'lost-update': 'a later read shows a value from before an acknowledged update',
  'not-linearizable': 'no order of the calls explains the answers',
  'lost-commit': 'no order of the calls explains the answers, unless a takeover lost some',
  undecided: 'the search for an order was given up',
  'wrong-clock': 'a time is not by the clock of the server',
  'unexpected-error': 'an error that these calls and faults cannot give',
  overdue: 'a call did not end long after its timeout',
  stuck: 'a process crashed, or something did not come back when all was healed',
  'no-final-read': 'the session could not be read when all was healed',
} as const

export type Kind = keyof typeof KINDS

/** What is wrong with a history. */
export interface Finding {
  readonly kind: Kind
  readonly session: string
  /** What it is about; with kind and session it tells one finding from another. */
  readonly subject: string
  readonly detail: string
  /** The calls that show it, as far as these are known. */
  readonly ops: readonly Op[]
}

export const isSame = (a: Finding, b: Finding): boolean =>
  a.kind === b.kind && a.session === b.session && a.subject === b.subject
