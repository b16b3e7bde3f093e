import type { StoreEvent } from '../contract/session-store.ts'

/** Tells an `onEvent` hook. What the hook throws is not the call's failure, which may be half done; it is dropped. */
export function tell(onEvent: ((event: StoreEvent) => void) | undefined, event: StoreEvent): void {
  const call = async () => onEvent?.(event)
  call().catch(() => {})
}
