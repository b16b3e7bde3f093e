import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { orSkip } from '@sess/servers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { minimise } from '../../src/minimise.ts'
import { print } from '../../src/print.ts'
import type { Round } from '../../src/round.ts'
import { run } from '../../src/run.ts'

// A taste of it, each time the same: long runs are made by hand.
const SEED = 20_261_129

describe('a short run under faults is legal', { timeout: 240_000 }, () => {
  test.for(['memory', 'redis', 'mariadb', 'failover'])('%s', async (store, { skip }) => {
    const folder = await mkdtemp(join(tmpdir(), 'sess-torture-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const load = { seconds: 10, roundSeconds: 10, processes: 3, clients: 4, thinkMs: 12, sessions: 6 }
    const found: string[] = []
    const tell = ({ findings, history, claims }: Round) => {
      for (const finding of findings.slice(0, 3))
        found.push(print(finding, minimise(history, finding, claims)))
    }
    const made = await orSkip(() => run({ store, seed: SEED, folder, ...load }, tell))
    if (made === undefined) return skip('no server could be had')
    const { summary, version } = made
    expect(found.join('\n\n')).toBe('')
    expect(summary.acknowledged).toBeGreaterThan(100)
    expect(Object.values(summary.faults).reduce((a, b) => a + b, 0)).toBeGreaterThan(1)
    console.info(`${version}: ${summary.operations} operations, ${JSON.stringify(summary.faults)}`)
  })
})
