import { SessError } from '../contract/error.ts'
import type { Json, JsonObject } from '../contract/model.ts'
import { utf8Bytes } from './text.ts'

/** How deep a value may nest: far above any message, far below what overflows the stack of a parser. */
export const MAX_DEPTH = 500

/** Bytes of a value's JSON text in UTF-8, the measure of every limit. */
export function jsonBytes(value: Json): number {
  return utf8Bytes(JSON.stringify(value))
}

/** Whether two values have the same JSON text, key order included. */
export function sameJson(a: Json, b: Json): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** The value itself where it is frozen throughout, else a frozen copy, and of a text one of its own: for whoever keeps values in memory. */
export function frozenJson<T extends Json>(value: T): T {
  if (typeof value === 'string') return ownString(value) as T
  return isFrozen(value) ? value : (freezeCopy(value) as T)
}

/** Another realm's plain objects have another `Object.prototype`, which ends the chain as well. */
export function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** Sets a key as an own property, `__proto__` too. */
export function setOwn<V>(target: { [key: string]: V }, key: string, value: V): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

/**
 * The same text without what it was cut from or put together of: engines let a part of a long string keep the whole
 * one alive, and a string built by `+=` all its pieces, for as long as a message is kept.
 */
function ownString(text: string): string {
  // Shorter ones are always copied. Joining and cutting makes one of exactly this length and one character more.
  return text.length < 13 ? text : ` ${text}`.slice(1)
}

function isFrozen(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (!Object.isFrozen(value)) return false
  for (const key in value) {
    const inner = (value as JsonObject)[key] as Json
    // Most values are text: not worth a call.
    if (typeof inner === 'object' && inner !== null && !isFrozen(inner)) return false
  }
  return true
}

function freezeCopy(value: Json): Json {
  if (typeof value === 'string') return ownString(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map(freezeCopy))
  const copy: { [key: string]: Json } = {}
  for (const key of Object.keys(value)) setOwn(copy, key, freezeCopy((value as JsonObject)[key] as Json))
  return Object.freeze(copy)
}

/**
 * Copies what an application passes in, frozen throughout, so that nothing is shared with it.
 * All that one copier copies counts together against its limit.
 */
export class JsonCopier {
  /** A unit for each value and each character: at least 1 byte of JSON text each, at most 26. */
  #size = 0
  #what = ''
  readonly #copies: Json[] = []
  readonly #path: (string | number)[] = []
  readonly #operation: string
  readonly #maxBytes: number

  /** @param operation named in errors */
  constructor(operation: string, maxBytes: number) {
    this.#operation = operation
    this.#maxBytes = maxBytes
  }

  /**
   * @param what names the value in errors: `content` in `content.parts[2].at`
   * @throws `INVALID_ARGUMENT` with the path to the first thing that is not JSON, `LIMIT_EXCEEDED`
   */
  value(what: string, value: unknown): Json {
    this.#what = what
    const copy = this.#copy(value, 0)
    this.#copies.push(copy)
    if (this.atMost > this.#maxBytes && this.bytes() > this.#maxBytes) throw this.#tooLarge()
    return copy
  }

  /** As {@link value}, of an object. */
  object(what: string, value: unknown): JsonObject {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new SessError('INVALID_ARGUMENT', `${this.#operation}: ${what} must be a JSON object`)
    return this.value(what, value) as JsonObject
  }

  /** Bytes of all JSON text copied, to be counted only where `atLeast` and `atMost` do not decide. */
  bytes(): number {
    return this.#copies.reduce<number>((sum, copy) => sum + jsonBytes(copy), 0)
  }

  get atLeast(): number {
    return this.#size
  }

  get atMost(): number {
    return this.#size * 26
  }

  #copy(value: unknown, depth: number): Json {
    this.#grow(1)
    switch (typeof value) {
      case 'string':
        this.#grow(value.length)
        // A text by itself is for `frozenJson`, where it is kept: most are long, and most stores only send them on.
        return depth === 0 ? value : ownString(value)
      case 'boolean':
        return value
      case 'number':
        // -0 has no JSON text of its own.
        if (Number.isFinite(value)) return value + 0
        throw this.#refuse(`is ${value}, which JSON cannot carry`)
      case 'object':
        if (value === null) return null
        if (depth === MAX_DEPTH) throw this.#refuse(`lies more than ${MAX_DEPTH} levels deep, or in a cycle`)
        return Array.isArray(value) ? this.#array(value, depth) : this.#object(value, depth)
      default:
        throw this.#refuse(`is of type ${typeof value}, which JSON cannot carry`)
    }
  }

  #array(value: readonly unknown[], depth: number): Json {
    const copy = new Array<Json>(value.length)
    for (let i = 0; i < value.length; i++) {
      this.#path.push(i)
      copy[i] = this.#copy(value[i], depth + 1)
      this.#path.pop()
    }
    return Object.freeze(copy)
  }

  #object(value: object, depth: number): Json {
    if (!isPlainObject(value))
      throw this.#refuse(`is a ${value.constructor?.name || 'class instance'}, not a plain object`)
    const copy: { [key: string]: Json } = {}
    for (const key of Object.keys(value)) {
      this.#path.push(key)
      this.#grow(key.length)
      setOwn(copy, key, this.#copy((value as { [key: string]: unknown })[key], depth + 1))
      this.#path.pop()
    }
    return Object.freeze(copy)
  }

  #grow(by: number): void {
    this.#size += by
    if (this.#size > this.#maxBytes) throw this.#tooLarge()
  }

  #tooLarge(): SessError {
    return new SessError(
      'LIMIT_EXCEEDED',
      `${this.#operation}: ${this.#what} is larger than ${this.#maxBytes} bytes`,
    )
  }

  #refuse(why: string): SessError {
    let path = this.#what
    // A path through a cycle is as long as the limit on depth.
    for (const step of this.#path.slice(0, 20))
      path +=
        typeof step === 'number'
          ? `[${step}]`
          : /^[A-Za-z_$][\w$]*$/.test(step)
            ? `.${step}`
            : `[${JSON.stringify(step)}]`
    if (this.#path.length > 20) path += '…'
    return new SessError('INVALID_ARGUMENT', `${this.#operation}: ${path} ${why}`)
  }
}
