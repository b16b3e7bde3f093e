import { invalidOption } from '@sess/core/store'

/** Refuses what is not a whole number of at least `min`. */
export function checkWhole(operation: string, what: string, value: unknown, min: number, max?: number): void {
  const isWithin = Number.isSafeInteger(value) && (value as number) >= min
  if (isWithin && (max === undefined || (value as number) <= max)) return
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`
  throw invalidOption(operation, `${what} must be a whole number ${range}`)
}

/** Refuses two stores that are one, or none. */
export function checkStores(operation: string, stores: Readonly<Record<string, unknown>>): void {
  for (const [name, store] of Object.entries(stores))
    if (typeof (store as { load?: unknown } | null | undefined)?.load !== 'function')
      throw invalidOption(operation, `${name} must be a store`)
  if (new Set(Object.values(stores)).size < Object.keys(stores).length)
    throw invalidOption(operation, `${Object.keys(stores).join(' and ')} must be two stores, not one`)
}
