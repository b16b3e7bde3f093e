import type { ContextEntry, Loaded, LoadOptions, Want } from '@sess/core'
import { compareUtf8 } from '@sess/core/store'
import { toMessage } from './element.ts'
import { rangesUnder } from './ranges.ts'
import { toSession } from './record.ts'
import { ownerOf } from './write.ts'

/** What goes to the script `load`. */
export function loadArgs(want: Want | undefined, options: LoadOptions | undefined): string[] {
  const { messages, context, reserved = [] } = want ?? {}
  const args = [ownerOf(options?.if), '', '', String(reserved.length)]
  if (messages !== undefined) {
    if (messages.ids !== undefined) {
      args[1] = `ids ${messages.ids.length}`
      args.push(...messages.ids)
    } else if (messages.last !== undefined) args[1] = `last ${messages.last}`
    else if (messages.afterSeq !== undefined) args[1] = `after ${messages.afterSeq} ${messages.limit}`
    else if (messages.beforeSeq !== undefined) args[1] = `before ${messages.beforeSeq} ${messages.limit}`
    else args[1] = `offset ${messages.offset} ${messages.limit}`
  }
  if (context === true) args[2] = 'all'
  else if (context?.keys !== undefined) {
    const keys = [...new Set(context.keys)]
    args[2] = `keys ${keys.length}`
    args.push(...keys)
  } else if (context !== undefined) {
    const { prefix, after, limit, reverse = false, keysOnly = false } = context
    const ranges = rangesUnder(prefix, after, reverse)
    args[2] = `page ${limit} ${reverse ? 1 : 0} ${keysOnly ? 1 : 0} ${ranges.length}`
    args.push(...ranges.flat())
  }
  args.push(...reserved)
  return args
}

/** What the script `load` answers of a session that it let the call see. */
export type LoadReply = readonly [
  word: 'K',
  packed: string,
  metadata: readonly string[],
  messages: readonly string[],
  context: readonly string[],
  reserved: readonly string[],
  seconds: string,
]

export function toLoaded(id: string, reply: LoadReply, want: Want | undefined): Loaded {
  const [, packed, metadata, messages, context, reserved] = reply
  const isSorted = want?.context !== undefined && want.context !== true && want.context.keys === undefined
  return {
    session: toSession(id, packed, metadata),
    ...(want?.messages !== undefined && { messages: messages.map(toMessage) }),
    ...(want?.context !== undefined && {
      context: isSorted ? entriesOf(context) : sorted(entriesOf(context)),
    }),
    ...(want?.reserved !== undefined && { reserved: sorted(entriesOf(reserved)) }),
  }
}

function entriesOf(flat: readonly string[]): ContextEntry[] {
  const entries: ContextEntry[] = []
  for (let i = 0; i < flat.length; i += 2)
    entries.push([flat[i] as string, JSON.parse(flat[i + 1] as string)])
  return entries
}

function sorted(entries: ContextEntry[]): ContextEntry[] {
  return entries.sort(([a], [b]) => compareUtf8(a, b))
}
