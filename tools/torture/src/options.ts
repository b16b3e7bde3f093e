export interface Options {
  readonly store: string
  readonly seed: number
  /** Under load, in all. */
  readonly seconds: number
  readonly roundSeconds: number
  readonly processes: number
  /** Of each process. */
  readonly clients: number
  /** How long a client waits at most between two calls. */
  readonly thinkMs: number
  readonly sessions: number
  readonly folder: string
}
