export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

/** What a call fails with, if it does. */
export function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
}
