import { describe, expect, it } from 'vitest'
import type { Law, StoreFactory } from '../src/law.ts'
import { LAW_GROUPS } from '../src/laws/index.ts'
import { runLaw } from '../src/run.ts'
import type { Defect } from './defects/defect.ts'

/** Tries every law on every broken store, for minutes; without it, those of the groups that are meant to catch it. */
const FULL = process.env.FULL_MATRIX === '1'

/** So many stores are tried at once: most of the time a law waits for something to expire. */
const AT_ONCE = 8

/** Tries the laws on broken stores, and prints which law catches which. */
export function describeMatrix(defects: readonly Defect[]): void {
  describe('the matrix of laws and broken stores', () => {
    const caught = new Map<Defect, readonly string[]>()

    it('tries the laws on each broken store', { timeout: FULL ? 1_800_000 : 120_000 }, async () => {
      const left = [...defects]
      const lane = async () => {
        for (let defect = left.shift(); defect; defect = left.shift())
          caught.set(defect, await brokenLaws(defect))
      }
      await withoutStrays(async () => void (await Promise.all(Array.from({ length: AT_ONCE }, lane))))
      console.log(print(defects, caught))
      expect(caught.size).toBe(defects.length)
    })

    it('has no broken store that a law meant for it misses', () => {
      const missed = defects.flatMap((defect) =>
        defect.caughtBy
          .filter((id) => !caught.get(defect)?.includes(id))
          .map((id) => `${id}: ${defect.name}`),
      )
      expect(missed).toEqual([])
    })
  })
}

/** A law that fails leaves calls under way, and some broken stores let theirs fail: here that is no error of the test. */
async function withoutStrays(work: () => Promise<void>): Promise<void> {
  const listeners = process.listeners('unhandledRejection')
  const ignore = () => {}
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', ignore)
  try {
    await work()
    // What is still under way ends before others are listened to again.
    await new Promise((resolve) => setTimeout(resolve, 100))
  } finally {
    process.off('unhandledRejection', ignore)
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
}

async function brokenLaws({ caughtBy, factory }: Defect): Promise<string[]> {
  const broken: string[] = []
  for (const law of LAW_GROUPS.flatMap(({ laws }) => laws)) {
    if (!isTried(law, caughtBy)) continue
    if (!(await keeps(law, factory))) broken.push(law.id)
  }
  return broken
}

function isTried({ id }: Law, caughtBy: readonly string[]): boolean {
  return FULL || caughtBy.some((meant) => meant.split('/')[0] === id.split('/')[0])
}

async function keeps(law: Law, factory: StoreFactory): Promise<boolean> {
  try {
    await runLaw(law, factory, { timeoutMs: 2000 })
    return true
  } catch {
    return false
  }
}

/** One line for each broken store: for each law, in the order of the groups, `x` caught, `.` not, blank not tried. */
function print(defects: readonly Defect[], caught: ReadonlyMap<Defect, readonly string[]>): string {
  const lines = defects.map((defect) => {
    const { name, caughtBy } = defect
    const broken = caught.get(defect) ?? []
    const mark = (law: Law) => (broken.includes(law.id) ? 'x' : isTried(law, caughtBy) ? '.' : ' ')
    const row = LAW_GROUPS.map(({ laws }) => laws.map(mark).join(''))
    return `${row.join(' ')} ${String(broken.length).padStart(3)} ${name}`
  })
  const head = LAW_GROUPS.map(({ name, laws }) => name.slice(0, laws.length).padEnd(laws.length))
  return [head.join(' '), ...lines].join('\n')
}
