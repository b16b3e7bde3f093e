import type { Suite } from '../suite.ts'
import { compression } from './codec/compression.ts'
import { onMemory, onRedis } from './codec/cost.ts'

/** What compression saves on conversations, and what compression and encryption cost a message. */
export const codec: Suite = async function* (plan) {
  yield* compression(plan)
  yield* onMemory(plan)
  const redis = await onRedis(plan)
  if (redis !== undefined) yield redis
}
