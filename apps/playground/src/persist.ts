import { isSessError } from '@sess/core'

/**
 * Makes a write, and makes it again where the store failed and may or may not have written it. Only for writes that are
 * safe to repeat: appends whose messages have ids, and `openSession`.
 */
export async function persist<T>(write: () => Promise<T>, waitMs = 0, attempts = 5): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write()
    } catch (error) {
      if (!isSessError(error, 'STORE_UNAVAILABLE') || attempt === attempts) throw error
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs * attempt))
    }
  }
}
