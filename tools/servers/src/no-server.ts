/** No server could be had; the message says what was tried and why each failed. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError'
}

/** What `start` gives; without a server a loud line and nothing, or under `CI` the error. */
export async function orSkip<T>(start: () => Promise<T>): Promise<T | undefined> {
  try {
    return await start()
  } catch (error) {
    if (!(error instanceof NoServerError) || process.env.CI) throw error
    process.stderr.write(`\n*** SKIPPED, NO SERVER: ${error.message}\n\n`)
    return undefined
  }
}
