import type { Source } from './program.ts'

/** What a test may do to a server. */
export interface Control {
  /** Stops the process in its tracks (SIGSTOP): connections stay and nothing is answered. */
  pause(): void
  resume(): void
  /** Ends the process at once (SIGKILL). */
  kill(): Promise<void>
  /** Starts it again on the same port and data, after a kill where it still runs. */
  restart(): Promise<void>
  /** Ends it for good and removes its data. */
  stop(): Promise<void>
}

/** A server of the test's own: it may be stopped, killed and broken. */
export interface Server extends Control {
  host: string
  port: number
  url: string
  /** As the server says itself. */
  version: string
  source: Source
}

export async function stopAll(servers: Control[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
}
