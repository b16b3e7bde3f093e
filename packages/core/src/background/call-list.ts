import type { Call } from './call.ts'

/** A call under way, with what ends it. */
export class UnderWay implements Call {
  readonly operation: string
  readonly deadline: number
  repeatable = true
  messages: Call['messages']
  isOver = false
  isSent = false
  isRepeat = false
  cause: unknown
  readonly reject: (error: unknown) => void
  /** Takes the listener off its signal. */
  ignoreSignal: (() => void) | undefined
  /** Its neighbours in the list. */
  before: UnderWay | undefined
  after: UnderWay | undefined

  constructor(operation: string, deadline: number, reject: (error: unknown) => void) {
    this.operation = operation
    this.deadline = deadline
    this.reject = reject
  }
}

/**
 * Calls in the order in which they began. Linked, since a set keeps what was deleted from it until it grows: what a
 * call leads to, its answer too, would outlive the young generation, which costs as much as reading a page.
 */
export class CallList {
  #first: UnderWay | undefined
  #last: UnderWay | undefined

  get first(): UnderWay | undefined {
    return this.#first
  }

  add(call: UnderWay): void {
    call.before = this.#last
    if (this.#last === undefined) this.#first = call
    else this.#last.after = call
    this.#last = call
  }

  /** @param call one that is in the list */
  remove(call: UnderWay): void {
    const { before, after } = call
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    // Whoever holds one that has ended does not hold all that came after it.
    call.before = undefined
    call.after = undefined
  }
}
