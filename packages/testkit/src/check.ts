import { isSessError, type SessError, type SessErrorCode } from '@sess/core'

// The kit's own assertions, since laws belong to no runner.

/** Breaks the law with this message. */
export function fail(message: string): never {
  throw new Error(message)
}

export function holds(condition: unknown, message: string): asserts condition {
  if (!condition) fail(message)
}

/** Both are the same plain JSON: no `undefined`, no class instances, the keys of objects in any order. */
export function equal(actual: unknown, expected: unknown, what = 'the result'): void {
  const difference = findDifference(actual, expected, false)
  if (difference) fail(`${what}${difference}`)
}

/** As {@link equal}, with the keys of objects in the same order too. */
export function equalInOrder(actual: unknown, expected: unknown, what = 'the result'): void {
  const difference = findDifference(actual, expected, true)
  if (difference) fail(`${what}${difference}`)
}

/** The call fails with a `SessError` of this code, which is answered. */
export async function rejects(
  code: SessErrorCode,
  what: string,
  call: () => PromiseLike<unknown>,
): Promise<SessError> {
  const error = await rejectionOf(`${what}: expected ${code}`, call)
  if (isSessError(error, code)) return error
  throw new Error(`${what}: expected ${code}, failed with ${describeError(error)}`, { cause: error })
}

/** What the call fails with, whatever that is. A throw is no rejection: every call answers a promise. */
export async function rejectionOf(what: string, call: () => PromiseLike<unknown>): Promise<unknown> {
  let promise: PromiseLike<unknown>
  try {
    promise = call()
  } catch (error) {
    throw new Error(`${what}: threw instead of rejecting: ${describeError(error)}`, { cause: error })
  }
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  return fail(`${what}: succeeded with ${show(value)}`)
}

export function describeError(error: unknown): string {
  if (isSessError(error)) return `${error.code} (${error.message})`
  return error instanceof Error ? `${error.name}: ${error.message}` : show(error)
}

/** All texts that lie in a value or anywhere below it, as a logger that looks deep would print them. */
export function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  if (value instanceof Uint8Array) return [new TextDecoder().decode(value)]
  const inner: unknown[] = Object.values(value)
  // These print, though nobody can enumerate them.
  if (value instanceof Error) inner.push(value.message, value.stack, value.cause)
  if (value instanceof AggregateError) inner.push(...value.errors)
  return inner.flatMap((one) => textsIn(one, seen))
}

/** A value's JSON text, cut to a readable length. */
export function show(value: unknown, most = 300): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // A cycle or a BigInt: no store may answer one, so name it and go on.
  }
  text ??= String(value)
  return text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text
}

/** Where and how two values differ first, as the rest of a sentence; `undefined` where they do not. */
export function findDifference(
  actual: unknown,
  expected: unknown,
  keyOrder: boolean,
  path = '',
): string | undefined {
  const differs = () => `${path}: expected ${show(expected)}, got ${show(actual)}`
  if (actual === expected) return undefined
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null)
    return differs()
  if (Array.isArray(actual) !== Array.isArray(expected)) return differs()
  if (!Array.isArray(actual) && !isPlain(actual))
    return `${path}: expected plain JSON, got a ${actual.constructor?.name}`
  const [theirs, ours] = [Object.keys(actual), Object.keys(expected)]
  const missing = ours.find((key) => !Object.hasOwn(actual, key))
  if (missing !== undefined)
    return `${step(path, missing)}: is missing, expected ${show(at(expected, missing))}`
  const extra = theirs.find((key) => !Object.hasOwn(expected, key))
  if (extra !== undefined) return `${step(path, extra)}: is not expected, got ${show(at(actual, extra))}`
  if (Array.isArray(actual) && actual.length !== (expected as unknown[]).length) return differs()
  for (const key of ours) {
    const found = findDifference(at(actual, key), at(expected, key), keyOrder, step(path, key))
    if (found !== undefined) return found
  }
  if (keyOrder && theirs.some((key, i) => key !== ours[i]))
    return `${path}: expected the keys in the order ${show(ours)}, got ${show(theirs)}`
  return undefined
}

/** Another realm's plain objects have another prototype, which ends the chain as well. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function at(value: object, key: string): unknown {
  return (value as { readonly [key: string]: unknown })[key]
}

function step(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key)
    ? `${path}.${key}`
    : `${path}[${/^\d+$/.test(key) ? key : show(key, 60)}]`
}
