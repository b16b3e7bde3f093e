// For authors of stores and wrappers: what every store would otherwise write again.

export { abortable } from './background/abortable.ts'
export type { Call } from './background/call.ts'
export { Calls } from './background/calls.ts'
export { every } from './background/every.ts'
export { type Failure, refuseAgain, unavailable } from './background/failure.ts'
export { ownChange, ownOptions, ownSession } from './background/own.ts'
export { tell } from './background/tell.ts'
export { invalidOption, isGone } from './contract/error.ts'
export { deleteUserOf, leaseOf, statsOf, watchOf } from './contract/optional.ts'
export { passthrough } from './contract/passthrough.ts'
export {
  checkCall,
  checkCommit,
  checkCreate,
  checkDelete,
  checkListQuery,
  checkLoad,
  checkSweep,
  checkUser,
} from './rules/check-input.ts'
export { isPlainAppend, isRepeatable } from './rules/commits.ts'
export { committed, judgeCommit, judgeCreate, type Verdict } from './rules/judge.ts'
export { MAX_PAGE, PAGE_BYTES, RESERVED_PREFIX } from './rules/limits.ts'
export {
  admit,
  admitDelete,
  admitNew,
  type CutRange,
  entryBytes,
  isCutOfAll,
  isExpired,
  type SessionFacts,
  sameMessage,
} from './rules/rules.ts'
export { Lru } from './state/lru.ts'
export { SessionState } from './state/session-state.ts'
export { SortedSet } from './state/sorted-set.ts'
export { frozenJson, jsonBytes, sameJson, setOwn } from './values/json.ts'
export { checkName, compareUtf8, utf8Bytes } from './values/text.ts'
