import { isSessError, type SessError, type SessionStore } from '@sess/core'
import { describeError, findDifference } from '../check.ts'
import type { Kit } from '../law.ts'
import { ReferenceData } from '../reference-rules.ts'
import { ReferenceStore } from '../reference-store.ts'
import { SESSIONS } from './arbitraries.ts'
import type { Call, Model, Operation, StoreCall } from './call.ts'
import { lookAtAll } from './operations.ts'

/** An operation, and whether another instance on the same data does it. */
export interface Step {
  readonly elsewhere: boolean
  readonly operation: Operation
}

/** Stores that drop expired sessions by themselves may do so after an hour: no sequence lasts so long. */
const MAX_PASSED_MS = 45 * 60_000
/** By how much an answer's time may be ahead of what this process's clock makes of it. */
const CLOCK_SLACK_MS = 10_000

/** A sequence that the store and the reference answered differently; the message is the sequence, a line each. */
class Difference extends Error {
  constructor(lines: readonly string[], what: string, options?: ErrorOptions) {
    const numbered = lines.map((line, i) => `${String(i + 1).padStart(3)}. ${line}`)
    super(`${numbered.join('\n')}\n     ${what}`, options)
    this.name = 'Difference'
  }
}

let sequences = 0

/** Takes a sequence of steps on the store and on the reference side by side. */
export class Lockstep {
  readonly #kit: Kit
  readonly #stores: readonly SessionStore[]
  readonly #model: Model
  readonly #reference: SessionStore
  readonly #lines: string[] = []
  #passedMs = 0
  /** Of the store's clock, ahead of this process's. */
  #aheadMs = 0

  constructor(kit: Kit, stores: readonly SessionStore[]) {
    const prefix = `${(++sequences).toString(36)}:`
    const model: Model = { prefix, now: 0, data: new ReferenceData(() => model.now) }
    this.#kit = kit
    this.#stores = stores
    this.#model = model
    this.#reference = new ReferenceStore(model.data)
  }

  /** @throws {Difference} at the first */
  async run(steps: readonly Step[]): Promise<void> {
    try {
      await this.#readClock()
      for (const { operation, elsewhere } of steps) await this.#take(operation(this.#model), elsewhere)
      for (const look of lookAtAll(this.#model, SESSIONS)) await this.#take(look, false)
    } finally {
      // What fails here failed before, or the next sequence tells.
      for (const name of SESSIONS) await this.#stores[0]?.delete(this.#model.prefix + name).catch(() => {})
    }
  }

  async #readClock(): Promise<void> {
    const probe = await this.#kit.create({ id: `${this.#model.prefix}clock` })
    await this.#kit.store.delete(probe.id)
    this.#model.now = probe.createdAt
    this.#aheadMs = probe.createdAt - Date.now()
  }

  async #take(step: Call, elsewhere: boolean): Promise<void> {
    if ('passMs' in step) return this.#pass(step.passMs, step.text)
    const second = elsewhere ? this.#stores[1] : undefined
    this.#lines.push(second ? `${step.text} by a second instance` : step.text)
    const store = second ?? this.#kit.store
    const actual = await outcomeOf(() => step.run(store))
    if ('value' in actual) this.#learn(step, actual.value)
    const expected = await outcomeOf(() => step.follow?.(this.#model, store) ?? step.run(this.#reference))
    const difference = compare(actual, expected)
    if (difference !== undefined)
      throw new Difference(this.#lines, difference, 'error' in actual ? { cause: actual.error } : {})
  }

  async #pass(ms: number, text: string): Promise<void> {
    if (this.#passedMs + ms > MAX_PASSED_MS) return
    this.#lines.push(text)
    this.#passedMs += ms
    this.#aheadMs += ms
    this.#model.now += ms
    await this.#kit.pass(ms)
  }

  /** Sets the reference's clock by the store's answer, if that is a time that it can be. */
  #learn(step: StoreCall, answer: unknown): void {
    const before = step.id === undefined ? undefined : this.#model.data.sessions.get(step.id)?.session
    const now = step.now?.(answer, before)
    if (now === undefined || now < this.#model.now) return
    if (now <= Date.now() + this.#aheadMs + CLOCK_SLACK_MS) this.#model.now = now
  }
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

async function outcomeOf(run: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await run() }
  } catch (error) {
    return { error }
  }
}

/** How the store's outcome differs from the reference's, in words. */
function compare(actual: Outcome, expected: Outcome): string | undefined {
  if ('error' in expected) {
    if (!isSessError(expected.error)) throw expected.error
    return compareErrors(actual, expected.error)
  }
  if ('error' in actual) return `failed with ${describeError(actual.error)}`
  const difference =
    findDifference(actual.value, expected.value, false) ??
    findDifference(inOrder(actual.value), inOrder(expected.value), true)
  return difference && `answer${difference}`
}

function compareErrors(actual: Outcome, expected: SessError): string | undefined {
  if ('value' in actual) return `expected ${expected.code}, succeeded with ${JSON.stringify(actual.value)}`
  const { error } = actual
  if (!isSessError(error, expected.code))
    return `expected ${expected.code}, failed with ${describeError(error)}`
  if (expected.code !== 'CONFLICT') return undefined
  const difference = findDifference(inAnyOrder(error), inAnyOrder(expected), false)
  return difference && `CONFLICT: current${difference}`
}

/** What a conflict tells; the messages that were there come in no promised order. */
function inAnyOrder({ current }: SessError): unknown {
  return current?.messages
    ? { ...current, messages: [...current.messages].sort((a, b) => a.seq - b.seq) }
    : current
}

/** The parts of an answer in which the order of keys is promised. */
function inOrder(answer: unknown): unknown {
  const { messages, context } = (answer ?? {}) as {
    messages?: { content: unknown; metadata: unknown }[]
    context?: unknown
  }
  return [messages?.map(({ content, metadata }) => [content, metadata]), context]
}
