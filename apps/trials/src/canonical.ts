import { createHash } from 'node:crypto'
import type { Json } from '@sess/core'

/** JSON text that does not depend on the order of keys. */
export function canonical(value: Json | undefined): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const object = value as { readonly [key: string]: Json }
  const pairs = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(object[key])}`)
  return `{${pairs.join()}}`
}

/** 43 characters for values of any length and content: safe in a context key. */
export function digest(...parts: readonly Json[]): string {
  return createHash('sha256').update(canonical(parts)).digest('base64url')
}
