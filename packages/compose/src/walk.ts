import type { CallOptions, SessionStore } from '@sess/core'

/** How many sessions are worked on at once. */
const AT_ONCE = 16

/** The ids of all living sessions, those of nobody too, in the fixed order of the store. */
export async function* pages(store: SessionStore, options?: CallOptions): AsyncGenerator<readonly string[]> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.list(
      { all: true, limit: AT_ONCE, ...(cursor !== undefined && { cursor }) },
      options,
    )
    yield page.sessions.map(({ id }) => id)
    cursor = page.nextCursor
  }
}
