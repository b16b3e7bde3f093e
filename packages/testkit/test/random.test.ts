import type { Message, NewMessage, Session } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { randomGroup } from '../src/random/index.ts'
import type { ReferenceData, ReferenceEntry } from '../src/reference-rules.ts'
import { ReferenceStore } from '../src/reference-store.ts'
import { runLaw } from '../src/run.ts'
import { referenceHarness } from './reference.ts'

type Random = NonNullable<Parameters<typeof randomGroup>[0]>['random']

/** What the random test says of a store; the empty text where it finds nothing. */
async function verdict(random: Random, open?: (data: ReferenceData) => ReferenceStore): Promise<string> {
  const [law] = randomGroup({ random: random ?? {} }).laws
  if (law === undefined) throw new Error('the group is empty')
  try {
    await runLaw(law, () => referenceHarness(open))
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

class ForgetsMetadata extends ReferenceStore {
  protected override same(stored: Message, repeated: NewMessage): boolean {
    return super.same(stored, { ...repeated, metadata: stored.metadata })
  }
}
class TailCutUsesNoSeq extends ReferenceStore {
  protected override usesSeq(): boolean {
    return false
  }
}
class ExpiresLate extends ReferenceStore {
  protected override isExpired({ expiresAt }: Session): boolean {
    return expiresAt !== null && this.now > expiresAt
  }
}
class SlidesAlways extends ReferenceStore {
  protected override expiry(before: number | null, session: Session, anew: boolean): number | null {
    return super.expiry(before, { ...session, sliding: true }, anew)
  }
}
class KeepsOneTooMany extends ReferenceStore {
  protected override drop(session: Session, count: number, added: number): number {
    return Math.max(0, super.drop(session, count, added) - 1)
  }
}
class IgnoresAbsent extends ReferenceStore {
  protected override conditions(
    entry: ReferenceEntry,
    { absent: _, ...rest }: object & { absent?: unknown },
  ): void {
    super.conditions(entry, rest)
  }
}
class LetsStrangersDelete extends ReferenceStore {
  protected override owns(): boolean {
    return true
  }
}
class RemembersByInstance extends ReferenceStore {
  readonly #seen = new Map<string, ReferenceEntry>()

  protected override admit(id: string, owner: { userId?: string | null } | undefined): ReferenceEntry {
    const entry = super.admit(id, owner)
    const seen = this.#seen.get(id)
    if (seen?.session.version === entry.session.version) return seen
    this.#seen.set(id, entry)
    return entry
  }
}

// A thousand sequences take seconds on a busy machine.
describe('the random test', { timeout: 120_000 }, () => {
  it('finds nothing in the reference store', async () => {
    expect(await verdict({ runs: 300 })).toBe('')
  })

  it.each([
    ['forgets to compare metadata', ForgetsMetadata],
    ['uses no seq for a tail cut', TailCutUsesNoSeq],
    ['expires late', ExpiresLate],
    ['slides always', SlidesAlways],
    ['keeps one message too many', KeepsOneTooMany],
    ['ignores if.absent', IgnoresAbsent],
    ['lets strangers delete', LetsStrangersDelete],
    ['remembers by instance', RemembersByInstance],
  ])('finds that a store %s', async (_, Broken) => {
    expect(await verdict({ runs: 1000 }, (data) => new Broken(data))).toMatch(/expected|failed with/)
  })

  it('prints the seed, the path and a short sequence, an operation a line', async () => {
    const message = await verdict({ runs: 1000, seed: 1 }, (data) => new TailCutUsesNoSeq(data))
    expect(message).toMatch(/repeat with random: \{ seed: 1, path: '[\d:]+' \}/)
    const lines = message.split('\n').filter((line) => /^ *\d+\. /.test(line))
    expect(lines.length).toBeLessThanOrEqual(3)
    expect(lines[0]).toMatch(/1\. create\(\{.*\}\)/)
    expect(lines.at(-1)).toMatch(/\d\. commit\(".*", \{"cut":\{"/)
    expect(message).toMatch(/answer\.lastSeq: expected \d+, got \d+/)
  })

  it('finds the same again by the seed, and at once by the path', async () => {
    const open = (data: ReferenceData) => new KeepsOneTooMany(data)
    const first = await verdict({ runs: 1000 }, open)
    const [, seed, path] = /seed: (-?\d+), path: '([\d:]+)'/.exec(first) ?? []
    const withoutPrefix = (text: string) => text.replaceAll(/"[\da-z]+:/g, '":')
    const again = await verdict({ runs: 1000, seed: Number(seed) }, open)
    expect(withoutPrefix(again)).toBe(withoutPrefix(first))
    const atOnce = await verdict({ seed: Number(seed), path: path ?? '' }, open)
    expect(withoutPrefix(atOnce).split('\n').slice(1)).toEqual(withoutPrefix(first).split('\n').slice(1))
  })
})
