import { SessError } from '@sess/core'

/** One thing that is wrong. `SessError.issues` has them all. */
export interface ConfigProblem {
  /** `store.redis.db`; empty where it is about a file. */
  readonly key: string
  /** `sess.yaml:4:12`, a variable's name or `overrides`; absent where nothing was given. */
  readonly place?: string
  /** What was given, as text, or `missing`; a secret is `***`. */
  readonly value?: string
  /** What was expected instead, in words; of a file, what is wrong with it. */
  readonly expected: string
}

/** Collects what is wrong, so that all of it is told at once. */
export class Problems {
  readonly #operation: string
  readonly #found: ConfigProblem[] = []

  constructor(operation: string) {
    this.#operation = operation
  }

  add(problem: ConfigProblem): void {
    this.#found.push(problem)
  }

  /** @throws `CONFIG_INVALID` where there are any */
  throwIfAny(): void {
    if (this.#found.length === 0) return
    const lines = this.#found.map(describe)
    const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`
    throw new SessError(
      'CONFIG_INVALID',
      `${this.#operation}: the configuration has ${count}\n${lines.map((line) => `  - ${line}`).join('\n')}`,
      { issues: this.#found },
    )
  }
}

function describe({ key, place, value, expected }: ConfigProblem): string {
  if (key === '') return `${place}: ${expected}`
  const what = value === undefined ? '' : ` is ${value}`
  const where = place === undefined ? '' : ` (${place})`
  return `${key}${what}${where}: expected ${expected}`
}
