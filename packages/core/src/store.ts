// For authors of stores and wrappers: what every store would otherwise write again.
export { checkCall, checkCommit, checkCreate, checkListQuery, checkLoad, checkSweep } from './check-input.ts'
export { every } from './every.ts'
export { RESERVED_PREFIX } from './input.ts'
export { frozenJson, jsonBytes, sameJson, setOwn } from './json.ts'
export { committed, judgeCommit, judgeCreate, type Verdict } from './judge.ts'
export { MAX_PAGE, PAGE_BYTES } from './limits.ts'
export { deleteUserOf, leaseOf, statsOf, watchOf } from './optional.ts'
export {
  admit,
  type CutRange,
  entryBytes,
  isCutOfAll,
  isExpired,
  type SessionFacts,
  sameMessage,
} from './rules.ts'
export { tell } from './tell.ts'
export { checkName, compareUtf8, utf8Bytes } from './text.ts'
