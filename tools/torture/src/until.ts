import { until as untilWithin } from '@sess/servers'

/** Servers that were broken take longer to be whole than to start. */
const PATIENCE_MS = 60_000

/** Waits until the condition holds; one that throws does not hold yet. */
export function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  return untilWithin(what, condition, PATIENCE_MS)
}
