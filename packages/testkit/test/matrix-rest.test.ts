import { DEFECTS } from './defects/index.ts'
import { describeMatrix } from './matrix.ts'

// A file of its own, so that a second processor can take it.
describeMatrix(
  'second half',
  DEFECTS.filter((_, i) => i % 2 === 1),
)
