import type { Stage } from '../stage.ts'
import { checkAmend } from './amend.ts'
import { checkCap } from './cap.ts'
import { checkContext } from './context.ts'
import { checkDelete } from './delete.ts'
import { checkEviction } from './eviction.ts'
import { checkExpiry } from './expiry.ts'
import { checkFork } from './fork.ts'
import { checkIsolation } from './isolation.ts'
import { checkLists } from './lists.ts'
import { checkMessages } from './messages.ts'
import { checkMigrate } from './migrate.ts'
import { checkRace } from './race.ts'
import { checkRetry } from './retry.ts'
import { checkRewind } from './rewind.ts'
import { checkSchema } from './schema.ts'
import { checkWindows } from './windows.ts'

export interface Check {
  readonly name: string
  /** What holds, as the table's legend says it. */
  readonly about: string
  /** Where it means something; everywhere if left out. */
  readonly applies?: (stage: Pick<Stage, 'kind' | 'way'>) => boolean
  /** Ends well, or throws what did not hold. */
  run(stage: Stage): Promise<void>
}

/** All there are, in the order in which they run: the last one deletes what the others read. A further line is run everywhere. */
export const checks: readonly Check[] = [
  { name: 'messages', about: 'all came back word for word, in order', run: checkMessages },
  { name: 'windows', about: 'every window agrees with the whole', run: checkWindows },
  { name: 'context', about: 'came back as each turn wrote it', run: checkContext },
  { name: 'amend', about: 'a message rewritten keeps its place', run: checkAmend },
  { name: 'rewind', about: 'cut, noticed by others, played again', run: checkRewind },
  { name: 'fork', about: 'a copy, and neither moves the other', run: checkFork },
  { name: 'race', about: 'two writers never interleave', run: checkRace },
  { name: 'retry', about: 'lost replies double and lose nothing', run: checkRetry },
  { name: 'cap', about: 'refuses or drops as promised', applies: isCapped, run: checkCap },
  { name: 'schema', about: 'refuses, and stores what it makes', applies: hasSchemas, run: checkSchema },
  { name: 'expiry', about: 'on time, renewed where sliding', run: checkExpiry },
  { name: 'eviction', about: 'a full store gives up the right one', applies: evicts, run: checkEviction },
  { name: 'isolation', about: 'another user sees and changes nothing', run: checkIsolation },
  { name: 'lists', about: 'order, pages and counts', run: checkLists },
  { name: 'move', about: 'through other stores, and nothing differs', applies: isPlain, run: checkMigrate },
  { name: 'delete', about: 'leaves nothing', run: checkDelete },
]

function isPlain({ way }: Pick<Stage, 'way'>): boolean {
  return way.name === 'plain'
}

function isCapped({ way }: Pick<Stage, 'way'>): boolean {
  return way.overflow !== undefined
}

function hasSchemas({ way }: Pick<Stage, 'way'>): boolean {
  return way.schemas !== undefined
}

function evicts({ kind }: Pick<Stage, 'kind'>): boolean {
  return kind.evicts !== undefined
}
