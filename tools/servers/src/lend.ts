import { orSkip } from './no-server.ts'

/** What of a runner's test is needed here: vitest's `TestContext` has it. */
interface Test {
  skip(why?: string): never
  onTestFinished(end: () => Promise<void>): void
}

/** What was started, until the test is over; without a server the test is skipped, or fails under `CI`. */
export async function lend<T extends { stop(): unknown }>(
  { skip, onTestFinished }: Test,
  start: () => Promise<T>,
): Promise<T> {
  const started = await orSkip(start)
  if (started === undefined) return skip('no server could be had')
  onTestFinished(async () => {
    await started.stop()
  })
  return started
}
