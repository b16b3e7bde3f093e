import { type Duration, isDuration, parseDuration } from '@sess/core'
import { invalid } from './invalid.ts'

/** A duration among options, in milliseconds. @throws `CONFIG_INVALID` */
export function durationOption(operation: string, what: string, value: Duration): number {
  if (isDuration(value)) return parseDuration(operation, what, value)
  throw invalid(
    operation,
    `${what} must be a positive duration, in milliseconds or as '300ms', '1.5h', '2h45m'`,
  )
}
