import type { Suite } from '../suite.ts'
import { append } from './memory/append.ts'
import { context } from './memory/context.ts'
import { eviction } from './memory/eviction.ts'
import { heap } from './memory/heap.ts'
import { history } from './memory/history.ts'
import { lists } from './memory/lists.ts'

/** `SessionManager` on the memory store beside the least that could do the same work in this process. */
export const memory: Suite = async function* (plan) {
  yield await append(plan)
  yield await history(plan)
  yield await context(plan)
  yield await lists(plan)
  yield await eviction(plan)
  yield await heap(plan)
}
