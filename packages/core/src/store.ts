// For authors of stores and wrappers: what every store would otherwise write again.
export { checkCall, checkCommit, checkCreate, checkListQuery, checkLoad, checkSweep } from './check-input.ts'
export { RESERVED_PREFIX } from './input.ts'
export { frozenJson, jsonBytes, sameJson, setOwn } from './json.ts'
export {
  admit,
  committed,
  entryBytes,
  isExpired,
  judgeCommit,
  judgeCreate,
  type SessionFacts,
  sameMessage,
  type Verdict,
} from './judge.ts'
export { MAX_PAGE, PAGE_BYTES } from './limits.ts'
export { deleteUserOf, leaseOf, statsOf, watchOf } from './optional.ts'
export { checkName, compareUtf8, utf8Bytes } from './text.ts'
