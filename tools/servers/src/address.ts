import type { Control } from './server.ts'

/** Of somebody's server, which may be used and not broken. */
export function notOurs(variable: string): Control {
  const refuse = (): never => {
    throw new Error(`the server at ${variable} is not ours to break: name a flavour to get one that is`)
  }
  return {
    ...{ pause: refuse, resume: refuse, kill: async () => refuse(), restart: async () => refuse() },
    stop: async () => {},
  }
}
