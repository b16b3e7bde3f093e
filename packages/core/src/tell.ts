import type { StoreEvent } from './session-store.ts'

/** Tells an `onEvent` hook. What the hook throws is not the call's failure, which may be half done; it is dropped. */
export function tell(onEvent: ((event: StoreEvent) => void) | undefined, event: StoreEvent): void {
  try {
    onEvent?.(event)
  } catch {
    // See above.
  }
}
