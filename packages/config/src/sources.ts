import { type Environment, expand, fit, fromEnvironment, type Given } from './environment.ts'
import { type Gathered, gather } from './gather.ts'
import type { Names } from './names.ts'
import type { Problems } from './problem.ts'
import type { Tree } from './tree.ts'

/** What a configuration is made of, each over the one before it. */
export interface Sources {
  readonly file: Tree
  readonly env: Environment
  readonly overrides: Tree
}

/** Overrides over the environment, and that over the file. */
export function collect({ file, env, overrides }: Sources, names: Names, problems: Problems): Gathered {
  const inFile = gather(file, names, problems)
  const inCode = gather(overrides, names, problems)
  const given = new Map<string, Given>()
  for (const option of names.options) {
    const { key } = option
    const written = inFile.given.get(key)
    const found =
      inCode.given.get(key) ??
      fromEnvironment(option, env, problems) ??
      (written && expand(written, key, env, problems))
    if (found !== undefined) given.set(key, fit(option, found))
  }
  return { given, leftAlone: new Map([...inFile.leftAlone, ...inCode.leftAlone]) }
}
