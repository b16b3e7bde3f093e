// What the tests under faults of several packages share.

export { type Child, startChild } from './child.ts'
export { startLoad } from './load.ts'
export { expectKept, expectLog, strangers } from './log.ts'
export { errorOf, range } from './plain.ts'
export { type Acknowledged, append, appendSurely, message } from './writing.ts'
