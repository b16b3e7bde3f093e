import type { Kind } from '../src/checker/finding.ts'
import type { History } from '../src/history.ts'
import { logOf, stored, type Written, written } from './write.ts'

/** A history with one thing wrong, and the same history with it put right. */
export interface Planted {
  readonly name: string
  readonly kind: Kind
  readonly wrong: History
  readonly right: History
}

const append = (
  who: string,
  from: number,
  to: number,
  id: string,
  seq: number,
  version: number,
): Written => ({
  ...{ who, from, to, call: { f: 'append', ids: [id] } },
  answer: stored([id], seq, version),
})
const lost = (who: string, from: number, to: number, id: string): Written => ({
  ...{ who, from, to, call: { f: 'append', ids: [id] } },
})
const conditional = (who: string, from: number, to: number, id: string, ifLastSeq: number) => ({
  ...{ who, from, to, call: { f: 'append', ids: [id], ifLastSeq } as const },
})
const set = (who: string, from: number, to: number, value: string, ifVersion: number) => ({
  ...{ who, from, to, call: { f: 'set', value, ifVersion } as const },
})
const final = (answer: Written['answer'] & object): Written => ({
  ...{ who: 'z', from: 1000, to: 1010, call: { f: 'final' }, answer },
})

export const PLANTED: readonly Planted[] = [
  {
    name: 'a lost append',
    kind: 'lost-append',
    wrong: written([append('a', 1, 5, 'a1', 1, 2), append('b', 2, 6, 'b1', 2, 3), final(logOf(['a1']))]),
    right: written([
      append('a', 1, 5, 'a1', 1, 2),
      append('b', 2, 6, 'b1', 2, 3),
      final(logOf(['a1', 'b1'])),
    ]),
  },
  {
    name: 'a lost update: an acknowledged set that a later read does not show',
    kind: 'lost-update',
    wrong: written([
      { ...set('a', 1, 5, 'x', 1), answer: { version: 2, lastSeq: 0 } },
      { ...set('b', 6, 9, 'y', 2), answer: { version: 3, lastSeq: 0 } },
      final(logOf([], { version: 3, value: 'x' })),
    ]),
    right: written([
      { ...set('a', 1, 5, 'x', 1), answer: { version: 2, lastSeq: 0 } },
      { ...set('b', 6, 9, 'y', 2), answer: { version: 3, lastSeq: 0 } },
      final(logOf([], { version: 3, value: 'y' })),
    ]),
  },
  {
    name: 'an append that was repeated and is there twice',
    kind: 'doubled-append',
    wrong: written([lost('a', 1, 5, 'a1'), append('a', 6, 9, 'a1', 2, 3), final(logOf(['a1', 'a1']))]),
    right: written([lost('a', 1, 5, 'a1'), append('a', 6, 9, 'a1', 1, 2), final(logOf(['a1']))]),
  },
  {
    name: 'an append whose repeat was told another seq',
    kind: 'moved',
    wrong: written([
      append('a', 1, 5, 'a1', 1, 2),
      append('b', 1, 7, 'b1', 2, 3),
      append('a', 8, 9, 'a1', 3, 4),
      final(logOf(['a1', 'b1'])),
    ]),
    right: written([
      append('a', 1, 5, 'a1', 1, 2),
      append('b', 1, 7, 'b1', 2, 3),
      append('a', 8, 9, 'a1', 1, 2),
      final(logOf(['a1', 'b1'])),
    ]),
  },
  {
    name: 'a read that shows less than what was acknowledged before it',
    kind: 'stale-read',
    wrong: written([
      append('a', 1, 5, 'a1', 1, 2),
      { who: 'b', from: 6, to: 8, call: { f: 'last', last: 5 }, answer: { rows: [] } },
      final(logOf(['a1'])),
    ]),
    right: written([
      append('a', 1, 5, 'a1', 1, 2),
      { who: 'b', from: 5, to: 8, call: { f: 'last', last: 5 }, answer: { rows: [] } },
      final(logOf(['a1'])),
    ]),
  },
  {
    name: 'a read that goes back behind another read',
    kind: 'stale-read',
    wrong: written([
      lost('a', 1, 5, 'a1'),
      { who: 'b', from: 6, to: 8, call: { f: 'last', last: 5 }, answer: stored(['a1'], 1, 2) },
      { who: 'c', from: 9, to: 11, call: { f: 'last', last: 5 }, answer: { rows: [] } },
      final(logOf(['a1'])),
    ]),
    right: written([
      lost('a', 1, 5, 'a1'),
      { who: 'c', from: 6, to: 8, call: { f: 'last', last: 5 }, answer: { rows: [] } },
      { who: 'b', from: 9, to: 11, call: { f: 'last', last: 5 }, answer: stored(['a1'], 1, 2) },
      final(logOf(['a1'])),
    ]),
  },
  {
    name: 'a seq that is given again after a failover',
    kind: 'seq-reused',
    wrong: written([append('a', 1, 5, 'a1', 1, 2), append('b', 20, 25, 'b1', 1, 2), final(logOf(['b1']))]),
    right: written([
      append('a', 1, 5, 'a1', 1, 2),
      append('b', 20, 25, 'b1', 2, 3),
      final(logOf(['a1', 'b1'])),
    ]),
  },
  {
    name: 'half a batch, of which nobody was told',
    kind: 'half-batch',
    wrong: written([
      { who: 'a', from: 1, to: 5, call: { f: 'append', ids: ['a1', 'a2'] } },
      final(logOf(['a1'])),
    ]),
    right: written([
      { who: 'a', from: 1, to: 5, call: { f: 'append', ids: ['a1', 'a2'] } },
      final({ ...logOf([], { version: 2, lastSeq: 2 }), ...stored(['a1', 'a2'], 1, 2) }),
    ]),
  },
  {
    name: 'half a batch, which a read shows while it is written',
    kind: 'half-batch',
    wrong: written([
      {
        ...{ who: 'a', from: 1, to: 9, call: { f: 'append', ids: ['a1', 'a2'] } },
        answer: stored(['a1', 'a2'], 1, 2),
      },
      { who: 'b', from: 2, to: 4, call: { f: 'last', last: 3 }, answer: stored(['a1'], 1, 2) },
      final({ ...logOf([], { version: 2, lastSeq: 2 }), ...stored(['a1', 'a2'], 1, 2) }),
    ]),
    right: written([
      {
        ...{ who: 'a', from: 1, to: 9, call: { f: 'append', ids: ['a1', 'a2'] } },
        answer: stored(['a1', 'a2'], 1, 2),
      },
      { who: 'b', from: 2, to: 4, call: { f: 'last', last: 3 }, answer: stored(['a1', 'a2'], 1, 2) },
      final({ ...logOf([], { version: 2, lastSeq: 2 }), ...stored(['a1', 'a2'], 1, 2) }),
    ]),
  },
  {
    name: 'a turn in the log and not in the context',
    kind: 'half-turn',
    wrong: written([
      {
        ...{ who: 'a', from: 1, to: 9, call: { f: 'append', ids: ['a1'], turn: { key: 'turn:a', n: 1 } } },
        answer: stored(['a1'], 1, 2),
      },
      final(logOf(['a1'])),
    ]),
    right: written([
      {
        ...{ who: 'a', from: 1, to: 9, call: { f: 'append', ids: ['a1'], turn: { key: 'turn:a', n: 1 } } },
        answer: stored(['a1'], 1, 2),
      },
      final(logOf(['a1'], { turns: { 'turn:a': 1 } })),
    ]),
  },
  {
    name: 'two winners of one condition on lastSeq',
    kind: 'two-winners',
    wrong: written([
      { ...conditional('a', 1, 5, 'a1', 0), answer: stored(['a1'], 1, 2) },
      { ...conditional('b', 2, 6, 'b1', 0), answer: stored(['b1'], 2, 3) },
      final(logOf(['a1', 'b1'])),
    ]),
    right: written([
      { ...conditional('a', 1, 5, 'a1', 0), answer: stored(['a1'], 1, 2) },
      {
        ...conditional('b', 2, 6, 'b1', 0),
        fail: { code: 'CONFLICT', current: { version: 2, lastSeq: 1 } },
      },
      final(logOf(['a1'])),
    ]),
  },
  {
    name: 'two winners of one condition on the version',
    kind: 'two-winners',
    wrong: written([
      { ...set('a', 1, 5, 'x', 1), answer: { version: 2, lastSeq: 0 } },
      { ...set('b', 2, 6, 'y', 1), answer: { version: 2, lastSeq: 0 } },
      final(logOf([], { version: 2, value: 'y' })),
    ]),
    right: written([
      { ...set('a', 1, 5, 'x', 1) },
      { ...set('b', 2, 6, 'y', 1), answer: { version: 2, lastSeq: 0 } },
      final(logOf([], { version: 2, value: 'y' })),
    ]),
  },
  {
    name: 'a conditional write by a client believed dead, after another took over',
    kind: 'late-write',
    wrong: written([
      conditional('dead', 1, 5, 'd1', 0),
      append('b', 10, 15, 'b1', 1, 2),
      final(logOf(['b1', 'd1'])),
    ]),
    right: written([
      conditional('dead', 1, 5, 'd1', 0),
      append('b', 10, 15, 'b1', 2, 3),
      final(logOf(['d1', 'b1'])),
    ]),
  },
  {
    name: 'a register set by a client believed dead, on a version that another won',
    kind: 'late-write',
    wrong: written([
      set('dead', 1, 5, 'x', 1),
      { ...set('b', 10, 15, 'y', 1), answer: { version: 2, lastSeq: 0 } },
      final(logOf([], { version: 3, value: 'x' })),
    ]),
    right: written([
      set('dead', 1, 5, 'x', 1),
      { ...set('b', 10, 15, 'y', 2), answer: { version: 3, lastSeq: 0 } },
      final(logOf([], { version: 3, value: 'y' })),
    ]),
  },
  {
    name: 'messages of one client in another order than it sent them',
    kind: 'reordered',
    wrong: written([
      append('a', 1, 5, 'a1', 2, 3),
      append('a', 6, 9, 'a2', 1, 2),
      final(logOf(['a2', 'a1'])),
    ]),
    right: written([
      append('a', 1, 5, 'a1', 1, 2),
      append('a', 6, 9, 'a2', 2, 3),
      final(logOf(['a1', 'a2'])),
    ]),
  },
  {
    name: 'messages of two clients in another order than time had them',
    kind: 'reordered',
    wrong: written([
      append('a', 1, 5, 'a1', 2, 3),
      append('b', 6, 9, 'b1', 1, 2),
      final(logOf(['b1', 'a1'])),
    ]),
    right: written([
      append('a', 1, 7, 'a1', 2, 3),
      append('b', 6, 9, 'b1', 1, 2),
      final(logOf(['b1', 'a1'])),
    ]),
  },
  {
    name: 'a write that failed for certain and is there',
    kind: 'phantom',
    wrong: written([{ ...lost('a', 1, 5, 'a1'), fail: { code: 'STORE_UNAVAILABLE' } }, final(logOf(['a1']))]),
    right: written([lost('a', 1, 5, 'a1'), final(logOf(['a1']))]),
  },
  {
    name: 'a message that a read showed and that is gone',
    kind: 'vanished',
    wrong: written([
      lost('a', 1, 5, 'a1'),
      { who: 'b', from: 6, to: 8, call: { f: 'last', last: 5 }, answer: stored(['a1'], 1, 2) },
      final(logOf([])),
    ]),
    right: written([
      lost('a', 1, 5, 'a1'),
      { who: 'b', from: 6, to: 8, call: { f: 'last', last: 5 }, answer: { rows: [] } },
      final(logOf([])),
    ]),
  },
  {
    name: 'a hole in the seqs',
    kind: 'gap',
    wrong: written([
      append('a', 1, 5, 'a1', 1, 2),
      append('a', 6, 9, 'a2', 3, 3),
      final({
        ...logOf([], { version: 3, lastSeq: 2 }),
        rows: [
          [1, 'a1', 2, ''],
          [3, 'a2', 3, ''],
        ],
      }),
    ]),
    right: written([
      append('a', 1, 5, 'a1', 1, 2),
      append('a', 6, 9, 'a2', 2, 3),
      final(logOf(['a1', 'a2'])),
    ]),
  },
  {
    name: 'a lastSeq that no message has',
    kind: 'gap',
    wrong: written([append('a', 1, 5, 'a1', 1, 2), final(logOf(['a1'], { lastSeq: 2 }))]),
    right: written([append('a', 1, 5, 'a1', 1, 2), final(logOf(['a1']))]),
  },
  {
    name: 'content that nobody wrote',
    kind: 'changed-content',
    wrong: written([
      append('a', 1, 5, 'a1', 1, 2),
      final(logOf([], { rows: [[1, 'a1', 2, null]], version: 2, lastSeq: 1 })),
    ]),
    right: written([append('a', 1, 5, 'a1', 1, 2), final(logOf(['a1']))]),
  },
  {
    name: 'a version that two commits have',
    kind: 'version-reused',
    wrong: written([
      append('a', 1, 5, 'a1', 1, 2),
      { ...set('b', 1, 5, 'x', 1), answer: { version: 2, lastSeq: 1 } },
      final(logOf(['a1'], { value: 'x' })),
    ]),
    right: written([
      append('a', 1, 5, 'a1', 1, 2),
      { ...set('b', 1, 5, 'x', 2), answer: { version: 3, lastSeq: 1 } },
      final(logOf(['a1'], { version: 3, value: 'x' })),
    ]),
  },
  {
    // Each answer fits by itself; only the search sees that x must be there before it is read, and is not.
    name: 'a conflict that no state explains',
    kind: 'not-linearizable',
    wrong: written([
      set('a', 1, 5, 'x', 1),
      {
        ...set('b', 6, 9, 'y', 2),
        fail: { code: 'CONFLICT', current: { version: 1, lastSeq: 0 } },
      },
      {
        ...set('b', 10, 12, 'z', 1),
        fail: { code: 'CONFLICT', current: { version: 1, lastSeq: 0 } },
      },
      final(logOf([], { version: 2, value: 'x' })),
    ]),
    right: written([
      set('a', 1, 5, 'x', 1),
      {
        ...set('b', 6, 9, 'y', 2),
        fail: { code: 'CONFLICT', current: { version: 1, lastSeq: 0 } },
      },
      {
        ...set('b', 10, 12, 'z', 1),
        fail: { code: 'CONFLICT', current: { version: 2, lastSeq: 0 } },
      },
      final(logOf([], { version: 2, value: 'x' })),
    ]),
  },
  {
    name: 'two sets of unknown end, of which the later one on its condition was the earlier',
    kind: 'not-linearizable',
    wrong: written([
      set('a', 1, 5, 'x', 1),
      set('b', 2, 6, 'z', 2),
      final(logOf([], { version: 3, value: 'x' })),
    ]),
    right: written([
      set('a', 1, 5, 'x', 1),
      set('b', 2, 6, 'z', 2),
      final(logOf([], { version: 3, value: 'z' })),
    ]),
  },
  {
    name: 'an error that is none of an outage',
    kind: 'unexpected-error',
    wrong: written([{ ...lost('a', 1, 5, 'a1'), fail: { code: 'SESSION_NOT_FOUND' } }, final(logOf([]))]),
    right: written([{ ...lost('a', 1, 5, 'a1'), fail: { code: 'STORE_UNAVAILABLE' } }, final(logOf([]))]),
  },
]
