import { bounding } from './bounding.ts'
import { changing_, cutting_ } from './changing.ts'
import type { Defect } from './defect.ts'
import { expiring } from './expiring.ts'
import { failing, optional } from './failing.ts'
import { judging } from './judging.ts'
import { keeping } from './keeping.ts'
import { listing_ } from './listing.ts'
import { naming_ } from './naming.ts'
import { reading } from './reading.ts'
import { repeating } from './repeating.ts'
import { writing } from './writing.ts'

export const DEFECTS: readonly Defect[] = [
  ...writing,
  ...repeating,
  ...judging,
  ...reading,
  ...changing_,
  ...cutting_,
  ...bounding,
  ...keeping,
  ...listing_,
  ...expiring,
  ...naming_,
  ...failing,
  ...optional,
]
