import { expect, test } from 'vitest'
import { Turns } from '../src/turns.ts'

/** Work that ends when it is told to. */
function held() {
  let end = () => {}
  const work = () =>
    new Promise<void>((resolve) => {
      end = resolve
    })
  return { work, end: () => end() }
}

test('work on one key is done one after another, on different keys at once', async () => {
  const turns = new Turns()
  const [first, other] = [held(), held()]
  const done: string[] = []
  const a = turns.take('a', first.work).then(() => done.push('a'))
  const b = turns.take('a', async () => {}).then(() => done.push('then a'))
  const c = turns.take('b', other.work).then(() => done.push('b'))
  other.end()
  await c
  first.end()
  await Promise.all([a, b])
  expect(done).toEqual(['b', 'a', 'then a'])
})

test('any number may wait until nothing is to be done, and none keeps another waiting', async () => {
  const turns = new Turns()
  const { work, end } = held()
  const taken = turns.take('a', work)
  const idle = [turns.idle('a'), turns.idle('a'), turns.idle('a'), turns.idle(), turns.idle()]
  let isIdle = false
  const all = Promise.all(idle).then(() => {
    isIdle = true
  })
  await turns.idle('b')
  expect(isIdle).toBe(false)
  end()
  // A timer of its own says whether the loop goes on at all.
  await Promise.all([taken, all, new Promise((resolve) => setTimeout(resolve, 1))])
})
