import { type Json, SessError } from '@sess/core'
import type { Row } from './client.ts'

/** The value of a column of JSON text. */
export function parsed(text: Row[number] | undefined): Json {
  try {
    return JSON.parse(String(text))
  } catch {
    // The cause would quote the content.
    throw new SessError('CORRUPT_DATA', 'a column of JSON text holds what this store did not write')
  }
}
