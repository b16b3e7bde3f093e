import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = new URL('../peers/', import.meta.url)

/** Other packages, at the versions in `peers/package-lock.json`; installed when first asked for, since they are large. */
export class Installed {
  readonly #load: (name: string) => Promise<unknown>

  private constructor(load: (name: string) => Promise<unknown>) {
    this.#load = load
  }

  static async open(): Promise<Installed> {
    const folder = fileURLToPath(FOLDER)
    if (!existsSync(new URL('node_modules/.package-lock.json', FOLDER))) {
      console.error('Installing the packages that are measured beside Sess; this takes minutes, once.')
      // No script of theirs runs.
      const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
      execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
    }
    const { load } = (await import(new URL('load.mjs', FOLDER).href)) as {
      load: (name: string) => Promise<unknown>
    }
    return new Installed(load)
  }

  /** A module of theirs, as far as its caller says that it needs it. */
  async module<T>(name: string): Promise<T> {
    return (await this.#load(name)) as T
  }

  /** `name 1.2.3` */
  title(name: string, what = name): string {
    const { dependencies } = JSON.parse(readFileSync(new URL('package.json', FOLDER), 'utf8')) as {
      dependencies: { readonly [name: string]: string }
    }
    return `${what} ${dependencies[name]}`
  }
}
