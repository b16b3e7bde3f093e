import type { Json, JsonObject } from '@sess/core'

interface Loaded {
  readonly [key: string]: Json | undefined
}

/** A session's context as a turn sees it: what was loaded, under what the turn itself changes and commits at its end. */
export class ContextDraft {
  readonly #loaded: Loaded
  readonly #changed = new Map<string, Json | undefined>()

  constructor(loaded: Loaded) {
    this.#loaded = loaded
  }

  get(key: string): Json | undefined {
    if (this.#changed.has(key)) return this.#changed.get(key)
    return Object.hasOwn(this.#loaded, key) ? this.#loaded[key] : undefined
  }

  entries(prefix: string): readonly (readonly [string, Json])[] {
    const keys = new Set([...Object.keys(this.#loaded), ...this.#changed.keys()])
    return [...keys]
      .filter((key) => key.startsWith(prefix))
      .map((key) => [key, this.get(key)] as const)
      .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined)
  }

  set(key: string, value: Json): void {
    this.#changed.set(key, value)
  }

  unset(key: string): void {
    this.#changed.set(key, undefined)
  }

  all(): JsonObject {
    return Object.fromEntries(this.entries(''))
  }

  /** What to commit. */
  changes(): { readonly set: readonly (readonly [string, Json])[]; readonly unset: readonly string[] } {
    const changed = [...this.#changed]
    return {
      set: changed.filter((entry): entry is [string, Json] => entry[1] !== undefined),
      unset: changed.filter(([, value]) => value === undefined).map(([key]) => key),
    }
  }
}
