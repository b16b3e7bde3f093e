import type { LawGroup } from '../law.ts'
import { amend } from './amend.ts'
import { atomic } from './atomic.ts'
import { bounded } from './bounded.ts'
import { caps } from './caps.ts'
import { changes } from './changes.ts'
import { conditional } from './conditional.ts'
import { context } from './context.ts'
import { creation } from './creation.ts'
import { cuts } from './cuts.ts'
import { deadlines } from './deadlines.ts'
import { durable } from './durable.ts'
import { errors } from './errors.ts'
import { expiry } from './expiry.ts'
import { faithful } from './faithful.ts'
import { features } from './features.ts'
import { fields } from './fields.ts'
import { idempotent } from './idempotent.ts'
import { incarnations } from './incarnations.ts'
import { isolated } from './isolated.ts'
import { leaks } from './leaks.ts'
import { lease } from './lease.ts'
import { lifetime } from './lifetime.ts'
import { limits } from './limits.ts'
import { lists } from './lists.ts'
import { names } from './names.ts'
import { ordered } from './ordered.ts'
import { outage } from './outage.ts'
import { owners } from './owners.ts'
import { ownership } from './ownership.ts'
import { paging } from './paging.ts'
import { reads } from './reads.ts'
import { refusals } from './refusals.ts'
import { repeats } from './repeats.ts'
import { slices } from './slices.ts'
import { stamps } from './stamps.ts'
import { sweep } from './sweep.ts'
import { unknown } from './unknown.ts'
import { versions } from './versions.ts'
import { walks } from './walks.ts'
import { watch } from './watch.ts'
import { windows } from './windows.ts'

/** All laws but the random ones, by group. */
export const LAW_GROUPS: readonly LawGroup[] = [
  atomic,
  ordered,
  durable,
  idempotent,
  repeats,
  conditional,
  incarnations,
  bounded,
  windows,
  reads,
  context,
  changes,
  versions,
  cuts,
  caps,
  amend,
  stamps,
  limits,
  unknown,
  faithful,
  isolated,
  lists,
  walks,
  expiry,
  lifetime,
  sweep,
  names,
  errors,
  owners,
  deadlines,
  outage,
  ownership,
  leaks,
  features,
  watch,
  lease,
  creation,
  fields,
  paging,
  refusals,
  slices,
]
