import { plainMemory, stores } from '../stores.ts'
import { checks } from './checks/index.ts'
import { progressBar } from './progress.ts'
import { reportOf } from './report.ts'
import { type Plan, run, stepsOf } from './run.ts'
import { BrokenTranscripts, type Conversation, readSamples, readTranscripts } from './transcripts.ts'
import { ways } from './ways.ts'

/** The tour on a file of transcripts, or on the playground's own; answers the exit code: 1 if anything did not hold. */
export async function runTour(transcripts?: string, parts: Partial<Plan> = {}): Promise<number> {
  let conversations: readonly Conversation[]
  try {
    conversations = await (transcripts === undefined ? readSamples() : readTranscripts(transcripts))
  } catch (error) {
    if (!(error instanceof BrokenTranscripts)) throw error
    console.error(error.message)
    return 2
  }
  const plan: Plan = { stores, ways, moves: [plainMemory], checks, conversations, ...parts }
  const progress = progressBar(stepsOf(plan))
  const outcomes = await run(plan, progress.step)
  progress.end()
  const { text, held } = reportOf(outcomes, plan.checks, plan.ways)
  console.log(text)
  return held ? 0 : 1
}
