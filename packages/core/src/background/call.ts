/** One call of a store while it is under way. */
export interface Call {
  readonly operation: string
  /** Whether it may be sent again when no answer came: the same thing twice must come to the same. Default true. */
  repeatable: boolean
  /** What it appends: the ids are told where it may have been applied. */
  messages: readonly { readonly id: string }[] | undefined
  /** When it ends, by `performance.now()`. */
  readonly deadline: number
  /** Its caller was told how it ended: nothing of it may be sent any more. */
  readonly isOver: boolean
  /** Some of it may have been applied. */
  isSent: boolean
  /** It was sent before, and may have been applied. */
  isRepeat: boolean
  /** Why it was not answered the last time. */
  cause: unknown
}
