import { describe, expect, it } from 'vitest'
import type { Cut, Message, MessageWindow } from '../src/index.ts'
import { MessageLog } from '../src/state/message-log.ts'
import { Random } from './random.ts'

const message = (seq: number, id = `m${seq}`): Message => ({
  id,
  seq,
  role: 'r',
  content: seq,
  metadata: {},
  createdAt: 1,
  version: 1,
})

/** The same by plain filters. */
class Model {
  list: Message[] = []

  window(w: MessageWindow): Message[] {
    if (w.ids !== undefined) return this.list.filter((m) => w.ids.includes(m.id))
    if (w.last !== undefined) return this.list.slice(-w.last)
    if (w.offset !== undefined) return this.list.slice(w.offset, w.offset + w.limit)
    if (w.beforeSeq !== undefined) return this.list.filter((m) => m.seq < w.beforeSeq).slice(-w.limit)
    return this.list.filter((m) => m.seq > w.afterSeq).slice(0, w.limit)
  }

  taken(cut: Cut): Message[] {
    if (cut.afterSeq !== undefined) return this.list.filter((m) => m.seq > cut.afterSeq)
    if (cut.beforeSeq !== undefined) return this.list.filter((m) => m.seq < cut.beforeSeq)
    if (cut.newest !== undefined) return this.list.slice(-cut.newest)
    return this.list.slice(0, cut.oldest)
  }

  without(gone: readonly Message[]): void {
    const seqs = new Set(gone.map((m) => m.seq))
    this.list = this.list.filter((m) => !seqs.has(m.seq))
  }
}

describe('MessageLog', () => {
  it.each([1, 2, 3])('is a plain list, whatever is appended, cut, dropped and replaced (seed %i)', (seed) => {
    const random = new Random(seed)
    const log = new MessageLog()
    const model = new Model()
    let lastSeq = 0
    const someSeq = () => random.below(lastSeq + 3)
    const step = () => {
      const kind = random.below(20)
      if (kind < 12) {
        for (let n = random.below(6); n > 0; n--) {
          // Seqs leap where a stamp or a cut made a gap.
          lastSeq += random.below(8) === 0 ? 1 + random.below(5) : 1
          log.append(message(lastSeq))
          model.list.push(message(lastSeq))
        }
      } else if (kind < 15) {
        const small = 1 + random.below(8)
        const cut = random.pick<Cut>([
          { newest: small },
          { oldest: small },
          { afterSeq: Math.max(0, lastSeq - random.below(8)) },
          { beforeSeq: 1 + (model.list[0]?.seq ?? 0) + random.below(8) },
        ])
        const range = log.range(cut)
        const taken = model.taken(cut)
        expect(range.count, JSON.stringify(cut)).toBe(taken.length)
        const inRange = model.list.filter((m) => m.seq >= range.from && m.seq <= range.to)
        expect(inRange, JSON.stringify(cut)).toEqual(taken)
        if (range.count === 0) return
        expect(log.cut(range)).toEqual(taken)
        model.without(taken)
      } else if (kind < 17) {
        const count = random.below(Math.min(10, model.list.length + 1))
        const oldest = model.list.slice(0, count)
        expect(log.dropOldest(count)).toEqual(oldest)
        model.without(oldest)
      } else if (kind < 19 && model.list.length > 0) {
        const at = random.below(model.list.length)
        const amended = { ...(model.list[at] as Message), content: 'amended' }
        log.replace(amended)
        model.list[at] = amended
      } else if (random.below(40) === 0) {
        log.clear()
        model.list = []
      }
    }
    for (let i = 0; i < 4000; i++) {
      step()
      if (log.count !== model.list.length) throw new Error(`step ${i}: ${log.count} and ${model.list.length}`)
      if (i % 7 > 0) continue
      const limit = 1 + random.below(20)
      const windows: MessageWindow[] = [
        { last: limit },
        { offset: random.below(model.list.length + 2), limit },
        { beforeSeq: 1 + someSeq(), limit },
        { afterSeq: someSeq(), limit },
        { afterSeq: Number.MAX_SAFE_INTEGER, limit },
        { beforeSeq: Number.MAX_SAFE_INTEGER, limit },
        { ids: [`m${someSeq()}`, `m${someSeq()}`, 'none'] },
      ]
      for (const window of windows)
        expect(log.window(window), JSON.stringify(window)).toEqual(model.window(window))
      const id = `m${someSeq()}`
      expect(log.byId(id)).toEqual(model.list.find((m) => m.id === id))
    }
    const all = Math.max(1, model.list.length)
    expect(log.window({ last: all })).toEqual(model.list)
  })

  it('gives each message once, in order of seq, however its ids are asked for', () => {
    const log = new MessageLog()
    for (let seq = 1; seq <= 5; seq++) log.append(message(seq))
    expect(log.window({ ids: ['m4', 'm2', 'm4', 'x'] }).map((m) => m.seq)).toEqual([2, 4])
  })

  it('knows an id no longer, once its message is gone, and takes it again', () => {
    const log = new MessageLog()
    for (let seq = 1; seq <= 6; seq++) log.append(message(seq))
    log.cut(log.range({ newest: 1 }))
    log.cut(log.range({ oldest: 1 }))
    log.dropOldest(1)
    expect(['m6', 'm1', 'm2', 'm3'].map((id) => log.byId(id)?.seq)).toEqual([
      undefined,
      undefined,
      undefined,
      3,
    ])
    log.append(message(8, 'm1'))
    expect(log.byId('m1')?.seq).toBe(8)
    log.clear()
    expect(log.byId('m1')).toBeUndefined()
    expect(log.count).toBe(0)
  })

  it('drops the oldest without moving the rest each time', () => {
    const log = new MessageLog()
    let seq = 0
    const turn = () => {
      log.append(message(++seq))
      if (log.count > 10_000) log.dropOldest(1)
    }
    while (seq < 10_000) turn()
    const splice = Array.prototype.splice
    let calls = 0
    Array.prototype.splice = function (this: unknown[], ...args: Parameters<typeof splice>) {
      calls++
      return splice.apply(this, args)
    } as typeof splice
    try {
      while (seq < 40_000) turn()
    } finally {
      Array.prototype.splice = splice
    }
    expect(log.count).toBe(10_000)
    expect(log.window({ last: 1 })[0]?.seq).toBe(40_000)
    // Moved once for each ten thousand dropped, or so; and not never, which would keep what was dropped.
    expect(calls).toBeGreaterThan(0)
    expect(calls).toBeLessThan(10)
  })
})
