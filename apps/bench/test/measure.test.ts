import { expect, test } from 'vitest'
import { measure, spread, Times } from '../src/measure.ts'

test('a spread has the median, the least and the greatest', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
  expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 })
})

test('ratios are taken within rounds, so that a machine that slows down changes nothing', () => {
  const times = new Times(
    new Map([
      ['ours', [2, 20, 200]],
      ['floor', [1, 10, 100]],
    ]),
  )
  expect(times.ratio('ours', 'floor')).toEqual({ median: 0.5, min: 0.5, max: 0.5 })
  expect(() => times.ratio('ours', 'theirs')).toThrow('theirs')
})

test('growth is divided by the growth of the floor', () => {
  const times = new Times(
    new Map(Object.entries({ 10: [1, 1], 90: [4, 6], 'floor 10': [1, 1], 'floor 90': [2, 2] })),
  )
  expect(times.growth('90', '10')).toMatchObject({
    ratio: { min: 1 / 6, max: 1 / 4 },
    floor: { min: 1 / 2, max: 1 / 2 },
    beyond: { min: 1 / 3, max: 1 / 2 },
  })
})

test('each contender runs once in each round, in changing order, after all have prepared', async () => {
  const log: string[] = []
  const contender = (name: string) => ({
    name,
    prepare: () => void log.push('prepare'),
    run: async () => void log.push(name),
  })
  await measure(['a', 'b'].map(contender), { rounds: 3, warmUp: 1 })
  expect(
    log
      .join(' ')
      .split('prepare prepare ')
      .slice(1)
      .map((round) => round.trim()),
  ).toEqual(['a b', 'b a', 'b a', 'a b'])
})
