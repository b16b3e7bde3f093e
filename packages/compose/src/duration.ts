import { type Duration, isDuration, parseDuration } from '@sess/core'
import { invalidOption } from '@sess/core/store'

/** A duration among options, in milliseconds. @throws `CONFIG_INVALID` */
export function durationOption(operation: string, what: string, value: Duration): number {
  if (isDuration(value)) return parseDuration(operation, what, value)
  throw invalidOption(
    operation,
    `${what} must be a positive duration, in milliseconds or as '300ms', '1.5h', '2h45m'`,
  )
}
