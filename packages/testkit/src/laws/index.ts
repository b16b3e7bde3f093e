import type { LawGroup } from '../law.ts'
import { atomic } from './atomic.ts'
import { durable } from './durable.ts'
import { ordered } from './ordered.ts'

/** All laws but the random ones, by group. */
export const LAW_GROUPS: readonly LawGroup[] = [atomic, ordered, durable]
