import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, it } from 'vitest'
import { toSvg } from '../src/chart.ts'
import { isHeld, QUICK } from '../src/suite.ts'
import type { Ground } from '../src/suites/peers/ground.ts'
import { lists } from '../src/suites/peers/lists.ts'
import { type Peer, said } from '../src/suites/peers/peer.ts'
import { type Cell, KINDS, sectionOf, timed } from '../src/suites/peers/sections.ts'
import { Sess } from '../src/suites/peers/sess.ts'
import { sides } from '../src/suites/peers/sides.ts'
import { whole } from '../src/suites/peers/whole.ts'

/** A package that keeps whole values, here in a map, with the pause that every server is. */
function rewriter(): Peer {
  const values = new Map<string, string>()
  return whole({
    name: 'whole values',
    get: async (id) => JSON.parse(values.get(id) ?? 'null') ?? undefined,
    set: async (id, session) => values.set(id, JSON.stringify(session)),
  })
}

function ground(): Ground {
  const peers = [new Sess(createMemoryStore()), rewriter()]
  return { title: 'in the process', peers, stored: async () => 0, stop: async () => {} }
}

describe('a peer', () => {
  it.each(ground().peers.map((peer) => [peer.name, peer] as const))('%s keeps a turn', async (_, peer) => {
    const id = await peer.create('user', [said(1), said(2)])
    await peer.append(id, said(3))
    await peer.turn(id, [said(4), said(5), said(6), said(7)], { step: 1 })
    expect(await peer.count(id)).toBe(7)
  })
})

describe('the comparison', () => {
  it('times every peer at every length, and tells ours beside each', async () => {
    const on = ground()
    const cells = await timed(QUICK, on, KINDS[0])
    expect(cells).toHaveLength(8)
    expect(cells.every(({ perSecond, p50, p99 }) => perSecond > 0 && p50 > 0 && p99 >= p50)).toBe(true)
    const { table, chart } = sectionOf(on, KINDS[0], cells)
    expect(table?.rows.map(([name]) => name)).toEqual(['Sess', 'whole values'])
    expect(chart?.lines.map(({ values }) => values.length)).toEqual([2, 2])
  })

  it('asks ten times the speed of what rewrites, and nine tenths of what appends', () => {
    const on = ground()
    const rewrites = on.peers[1] as Peer
    const appends: Peer = { ...rewrites, appends: 'the message' }
    const rowsOf = (peer: Peer, median: number) => {
      const cell: Cell = {
        ...{ peer, length: 1000, inFlight: 1, perSecond: 1, p50: 1, p99: 1 },
        beside: { median, min: median, max: median },
      }
      return sectionOf({ ...on, peers: [on.peers[0] as Peer, peer] }, KINDS[0], [cell]).rows.map(isHeld)
    }
    expect(rowsOf(rewrites, 9.9)).toEqual([false])
    expect(rowsOf(rewrites, 10)).toEqual([true])
    expect(rowsOf(appends, 0.89)).toEqual([false])
    expect(rowsOf(appends, 0.9)).toEqual([true])
  })

  it('counts what is lost where appends meet', async () => {
    const on = ground()
    const { table, rows } = await sides(QUICK, on, [])
    expect(table?.rows.map((row) => row.at(-1))).toEqual(['0', '19'])
    expect(rows.map(isHeld)).toEqual([true])
  })

  it('lists where a package can', async () => {
    const { table } = await lists(QUICK, ground())
    expect(table?.rows.map(([, lists]) => lists?.endsWith('/s'))).toEqual([true, false])
  })
})

describe('a chart', () => {
  it('draws a line for each, leaves out what was not measured, and escapes names', () => {
    const svg = toSvg({
      ...{ file: 'x.svg', title: 'A < B', places: ['0', '100'] },
      lines: [
        { name: 'ours', values: [1000, 100], isOurs: true },
        { name: 'R&D', values: [10, undefined], isOurs: false },
      ],
    })
    expect(svg.match(/<path [^>]*fill="none"/g)).toHaveLength(2)
    expect(svg).toContain('d="M70.0 50.0L500.0 210.0"')
    expect(svg).toContain('R&amp;D')
    expect(svg).toContain('A &lt; B')
    expect(svg).not.toContain('NaN')
  })
})
