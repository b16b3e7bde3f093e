import type { StoreKind } from '../store-kind.ts'
import { NotHeld } from './agree.ts'
import type { Check } from './checks/index.ts'
import { eachOf, type Played, play } from './play.ts'
import { openStage, type Stage } from './stage.ts'
import type { Conversation } from './transcripts.ts'
import type { Way } from './ways.ts'

export interface Plan {
  readonly stores: readonly StoreKind[]
  readonly ways: readonly Way[]
  /** Where the check of moves moves everything, one after the other. */
  readonly moves: readonly StoreKind[]
  readonly checks: readonly Check[]
  readonly conversations: readonly Conversation[]
}

/** What became of a check: `true` held, a sentence did not, `undefined` does not apply. */
export type Verdict = true | string | undefined

export interface Outcome {
  readonly store: string
  readonly way: string
  readonly conversations: number
  /** Written by playing, and so many a second, with a load, a comparison and a commit for each turn. */
  readonly messages: number
  readonly perSecond: number
  readonly verdicts: ReadonlyMap<string, Verdict>
}

/** Played by users whose names some stores would confuse. */
const USERS = ['ana', 'Ana', 'ana ', 'aná', '安娜']
const AT_ONCE = 16
/** The name of what playing itself checks: each turn sees what the turns before it wrote. */
export const TURNS = 'turns'

/** Plays and checks every way on every store, one after the other; tells after each step. */
export async function run(plan: Plan, step: (label: string) => void): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const kind of plan.stores)
    for (const way of waysOf(plan, kind)) outcomes.push(await runOne(plan, kind, way, step))
  return outcomes
}

/** How many steps {@link run} tells of. */
export function stepsOf(plan: Plan): number {
  const used = plan.stores.flatMap((kind) => waysOf(plan, kind))
  return used.length * (1 + plan.checks.length)
}

function waysOf({ ways }: Plan, kind: StoreKind): readonly Way[] {
  return ways.filter(({ name }) => kind.ways?.includes(name) ?? true)
}

async function runOne(
  { checks, conversations, moves }: Plan,
  kind: StoreKind,
  way: Way,
  step: (label: string) => void,
): Promise<Outcome> {
  const opened = await openStage(kind, way, conversations)
  const verdicts = new Map<string, Verdict>()
  step(`${kind.name}, ${way.name}: ${TURNS}`)
  const began = performance.now()
  const ends = await eachOf(conversations, AT_ONCE, (conversation, i) => {
    const userId = USERS[i % USERS.length] as string
    return play(opened.as(userId), userId, conversation, opened.rules)
  })
  const seconds = (performance.now() - began) / 1000
  const failed = ends.find((end) => end.status === 'rejected')
  verdicts.set(TURNS, failed === undefined || whyNot(failed.reason))
  const played: readonly Played[] = ends.filter((end) => end.status === 'fulfilled').map(({ value }) => value)
  const stage: Stage = { ...opened, played, moves }
  for (const check of checks) {
    step(`${kind.name}, ${way.name}: ${check.name}`)
    verdicts.set(check.name, await verdictOf(check, stage))
  }
  await stage.manager.close()
  const messages = played.reduce((sum, { written }) => sum + written, 0)
  return {
    ...{ store: kind.name, way: way.name, conversations: played.length },
    ...{ messages, perSecond: messages / seconds, verdicts },
  }
}

async function verdictOf(check: Check, stage: Stage): Promise<Verdict> {
  if (check.applies?.(stage) === false) return undefined
  try {
    await check.run(stage)
    return true
  } catch (error) {
    return whyNot(error)
  }
}

function whyNot(error: unknown): string {
  return error instanceof NotHeld ? error.message : explainFault(error)
}

/** An error that no check expected: its code says more here than a sentence for people. */
function explainFault(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return `${typeof code === 'string' ? `${code}: ` : ''}${error instanceof Error ? error.message : String(error)}`
}
