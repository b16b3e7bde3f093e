import { describe, expect, it } from 'vitest'
import { IdIndex } from '../src/state/id-index.ts'
import { Random } from './random.ts'

describe('IdIndex', () => {
  it('finds what a Map finds, through additions and deletions', () => {
    const random = new Random(5)
    const bySeq = new Map<number, string>()
    const byId = new Map<string, number>()
    const index = new IdIndex((seq) => bySeq.get(seq))
    for (let step = 1; step <= 30_000; step++) {
      const id = `m${random.below(3000)}`
      const seq = byId.get(id) ?? 0
      expect(index.find(id), `step ${step}`).toBe(seq)
      if (seq === 0) {
        index.add(id, step)
        byId.set(id, step)
        bySeq.set(step, id)
      } else {
        index.delete(id)
        byId.delete(id)
        bySeq.delete(seq)
      }
    }
    for (let i = 0; i < 3000; i++) expect(index.find(`m${i}`)).toBe(byId.get(`m${i}`) ?? 0)
  })

  it('tells ids apart that have one hash, of which there are some among 200,000', () => {
    const ids = Array.from({ length: 200_000 }, (_, i) => `id ${i}`)
    const index = new IdIndex((seq) => ids[seq - 1])
    for (const [i, id] of ids.entries()) index.add(id, i + 1)
    expect(ids.filter((id, i) => index.find(id) !== i + 1)).toEqual([])
    expect(index.find('id 200000')).toBe(0)
  })

  it('takes seqs beyond 32 bits', () => {
    const index = new IdIndex(() => 'a')
    index.add('a', 2 ** 40)
    expect(index.find('a')).toBe(2 ** 40)
  })

  it('finds nothing in an empty one, and deletes nothing from it', () => {
    const index = new IdIndex(() => undefined)
    expect(index.find('a')).toBe(0)
    index.delete('a')
    expect(index.find('a')).toBe(0)
  })
})
