import { NoServerError } from './no-server.ts'

/** Where a server came from. */
export type Source = 'address' | 'path' | 'packages'

export type Command = [file: string, ...args: string[]]

/** An executable that runs on this machine. */
export interface Program {
  source: Source
  /** How to run it, without its own arguments. */
  command: Command
}

/** One way to get a program; throws with the reason where there is none. */
interface Way<P> {
  name: string
  find: () => Promise<P>
}

/** The program from the first way that works. */
export async function findProgram<P extends Program>(wanted: string, ways: Way<P>[]): Promise<P> {
  const reasons: string[] = []
  for (const { name, find } of ways) {
    try {
      return await find()
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  throw new NoServerError(`${wanted} is not to be had (${reasons.join('; ')})`)
}
