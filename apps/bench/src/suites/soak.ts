import { SessionManager } from '@sess/core'
import { memory, mysql, redis } from '../server/stores.ts'
import { type Row, type Suite, whole } from '../suite.ts'
import { Life } from './soak/life.ts'
import { type Sample, Samples } from './soak/samples.ts'

/** At least as small at the end as at the beginning, but for what a heap breathes. */
const STEADY = 0.95
const EVERY_MS = 5_000

/** Mixed load on all stores at once, with a set of sessions that stays as large as it is: nothing else may grow. */
export const soak: Suite = async function* ({ minutes }) {
  const stores = (await Promise.all([memory(), redis(), mysql()])).filter((one) => one !== undefined)
  const lives = stores.map((measured) => new Life(measured, new SessionManager({ store: measured.store })))
  try {
    await Promise.all(lives.map((life) => life.begin()))
    const end = performance.now() + minutes * 60_000
    const samples = new Samples()
    const running = Promise.all(lives.map((life) => life.run(end)))
    for (let at = performance.now(); at < end; at = performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(EVERY_MS, end - at)))
      samples.add(await sample(lives))
    }
    await running
    const calls = lives.map(({ title, calls }) => `${title} ${whole(calls)}`).join(', ')
    const ended = await Promise.all(lives.map((life) => life.end()))
    yield {
      title: `Mixed load for ${minutes} minutes`,
      rows: [...samples.growths().map(toRow), ...ended.flat().map(leftover)],
      table: samples.table(),
      notes: [
        `Calls: ${calls}. The rows compare the least of the first third of samples with the least of the last, and of connections, which a pool closes and opens again, the most, after a fifth in which all warms up; the table tells some of them. At the end everything is deleted: what is left is counted.`,
      ],
    }
  } finally {
    for (const { stop } of stores) await stop()
  }
}

async function sample(lives: readonly Life[]): Promise<Sample> {
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  const bytes = { 'heap, B': heapUsed, 'outside the heap, B': external, 'rss, B': rss }
  const own = { ...bytes, handles: process.getActiveResourcesInfo().length }
  const theirs = await Promise.all(lives.map((life) => life.look()))
  return Object.assign(own, ...theirs)
}

function toRow({ what, first, last }: ReturnType<Samples['growths']>[number]): Row {
  const ratio = last === 0 ? 1 : first / last
  return {
    ...{ what, to: `${whole(first)} at first, ${whole(last)} at last` },
    ...{ ratio: { median: ratio, min: ratio, max: ratio }, goal: { of: 'ratio', atLeast: STEADY } },
  }
}

function leftover({ what, count }: { readonly what: string; readonly count: number }): Row {
  const ratio = count === 0 ? 1 : 0
  return {
    ...{ what: `${what} left at the end`, to: `none, ${whole(count)} are there` },
    ...{ ratio: { median: ratio, min: ratio, max: ratio }, goal: { of: 'ratio', atLeast: 1 } },
  }
}
