import { type Table, whole } from '../../suite.ts'

/** What was there at one time, by name. */
export type Sample = { readonly [what: string]: number }

const SHOWN = 10

export class Samples {
  readonly #samples: Sample[] = []

  add(sample: Sample): void {
    this.#samples.push(sample)
  }

  /**
   * The least of the first third and of the last, after a fifth in which all warms up: what lies between breathes. Of
   * connections the most, since a pool closes them at a quiet moment and opens them again up to its limit.
   */
  growths(): readonly { readonly what: string; readonly first: number; readonly last: number }[] {
    const warm = this.#samples.slice(Math.floor(this.#samples.length / 5))
    const third = Math.max(1, Math.floor(warm.length / 3))
    const bound = (samples: readonly Sample[], what: string) => {
      const all = samples.map((sample) => sample[what] ?? 0)
      return what.endsWith('connections') ? Math.max(...all) : Math.min(...all)
    }
    return Object.keys(this.#samples[0] ?? {}).map((what) => ({
      what,
      first: bound(warm.slice(0, third), what),
      last: bound(warm.slice(-third), what),
    }))
  }

  table(): Table {
    const step = Math.max(1, Math.floor(this.#samples.length / SHOWN))
    const some = this.#samples.map((sample, i) => ({ sample, i })).filter(({ i }) => i % step === 0)
    const names = Object.keys(this.#samples[0] ?? {})
    return {
      head: ['', ...some.map(({ i }) => `sample ${i + 1}`)],
      rows: names.map((what) => [what, ...some.map(({ sample }) => whole(sample[what] ?? 0))]),
    }
  }
}
