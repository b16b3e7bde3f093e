import type { ConfigurableStore } from '@sess/core'
import type { Config, State } from './config.ts'
import { Problems } from './problem.ts'
import type { ConfigurableWrapper } from './wrapper.ts'

type Does = NonNullable<ConfigurableWrapper['does']>[number]

/** What would be kept plain though the configuration says otherwise. @throws `CONFIG_INVALID` */
export function refuseUndone(operation: string, config: Config<ConfigurableStore>, state: State): void {
  const problems = new Problems(operation)
  for (const what of ['compression', 'encryption'] as const) {
    const key = `session.enable_${what}`
    const expected = config.session[`enable_${what}`] ? missing(what, state) : undefined
    if (expected === undefined) continue
    const place = config.explain().find((one) => one.key === key)?.source ?? 'default'
    problems.add({ key, place, value: 'true', expected })
  }
  problems.throwIfAny()
}

/** What would have to be passed, in words. */
function missing(what: Does, { passed: { wrappers = [] }, seats }: State): string | undefined {
  const at = wrappers.findIndex(({ does = [] }) => does.includes(what))
  if (at < 0)
    return `a wrapper in \`wrappers\` that does it: { does: ['${what}'], wrap: (store, session) => … }`
  if (what === 'compression') return undefined
  const outside = wrappers.slice(at + 1).map(({ seat }) => `store.${seat?.name}`)
  const plain = seats.find(({ seat, type }) => type !== undefined && outside.includes(seat.key))
  return (
    plain &&
    `the wrapper that does it after that of ${plain.seat.key} in \`wrappers\`, or what is kept there is plain`
  )
}
