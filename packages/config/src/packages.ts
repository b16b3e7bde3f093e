import type { ConfigurableStore } from '@sess/core'
import { nearest } from './nearest.ts'

/** Where the stores of this repository come from. None of them is imported here. */
export const PACKAGES: { readonly [type: string]: string } = {
  memory: '@sess/store-memory',
  redis: '@sess/store-redis',
  mysql: '@sess/store-mysql',
}

/** What to do about a type of which no store was passed, in words. */
export function howToGet(type: string, stores: readonly ConfigurableStore[]): string {
  const name = Object.hasOwn(PACKAGES, type) ? PACKAGES[type] : undefined
  if (name !== undefined) {
    const peers = type === 'mysql' ? ' drizzle-orm' : ''
    const line = `import { ${type} } from '${name}/config'`
    return `a store of this type in \`stores\`: run \`npm i ${name}${peers}\`, add \`${line}\` and pass \`stores: [${type}()]\``
  }
  const types = [...new Set([...stores.map((store) => store.type), ...Object.keys(PACKAGES)])]
  const meant = nearest(type, types)
  const known = meant === undefined ? `known are ${types.join(', ')}` : `the nearest known is ${meant}`
  return `a store of this type in \`stores\`, which its package exports; ${known}`
}

/** The wrappers of `@sess/compose/config`, by the seat that each takes. Neither are they imported here. */
export const WRAPPERS: { readonly [seat: string]: string } = { fallback: 'failover', cache: 'cache' }

/** What to do about a seat that no wrapper takes, in words. */
export function howToTake(seat: string): string {
  const line = `import { ${WRAPPERS[seat]} } from '@sess/compose/config'`
  return `a wrapper in \`wrappers\` that takes it: run \`npm i @sess/compose\`, add \`${line}\` and pass \`wrappers: [${WRAPPERS[seat]}()]\``
}
