import fc from 'fast-check'
import type { Kit, LawGroup, TestStoreOptions } from '../law.ts'
import { LAW_TIMEOUT_MS } from '../run.ts'
import type { Operation } from './call.ts'
import { Lockstep, type Step } from './lockstep.ts'
import { create, operation } from './operations.ts'

const RUNS = 100
const MAX_STEPS = 30

type RandomOptions = Pick<TestStoreOptions, 'random' | 'timeoutMs'>

/** The model-based random test: any sequence of calls is answered as the reference store answers it. */
export function randomGroup(options: RandomOptions = {}): LawGroup {
  return {
    name: 'random',
    laws: [
      {
        id: 'random/as-the-reference',
        title: 'any sequence of calls is answered as the plainest store answers it',
        run: (kit) => tryRandomly(kit, options),
      },
    ],
  }
}

async function tryRandomly(
  kit: Kit,
  { random = {}, timeoutMs = LAW_TIMEOUT_MS }: RandomOptions,
): Promise<void> {
  const { runs = RUNS, ...repeated } = random
  const stores = kit.store.info.shared ? [kit.store, await kit.open()] : [kit.store]
  const at = (operation: fc.Arbitrary<Operation>) => fc.record({ elsewhere: fc.boolean(), operation })
  const canPass = kit.harness.advance !== undefined
  const steps = fc.array(at(operation(canPass)), { maxLength: MAX_STEPS, size: 'max' })
  const property = fc.asyncProperty(at(create), steps, (first: Step, rest: Step[]) =>
    new Lockstep(kit, stores).run([first, ...rest]),
  )
  // Before the law's own time is up, so that a slow store fails with the shortest sequence found by then.
  const interruptAfterTimeLimit = timeoutMs * 0.8
  const result = await fc.check(property, {
    numRuns: runs,
    unbiased: true,
    interruptAfterTimeLimit,
    ...repeated,
  })
  const { failed, seed, counterexamplePath, errorInstance, interrupted, numRuns } = result
  if (!failed && interrupted)
    console.info(
      `${kit.store.info.name}: random tried ${numRuns} of ${runs} sequences in ${interruptAfterTimeLimit} ms`,
    )
  if (!failed) return
  const repeat = `random: { seed: ${seed}, path: '${counterexamplePath}' }`
  const what = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  throw new Error(`repeat with ${repeat}\n${what}`, { cause: errorInstance })
}
