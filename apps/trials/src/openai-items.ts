import {
  type AgentInputItem,
  applySessionHistoryMutations,
  type SessionHistoryMutation,
  type SessionHistoryTransactionArgs,
  UserError,
} from '@openai/agents'
import * as core from '@sess/core'
import { canonical, digest } from './canonical.ts'

/** An item as JSON, bytes marked; what JSON would lose or bend is refused. */
export function toJson(item: unknown): core.Json {
  return core.markBytes(plain(item))
}

export function toMessage(item: AgentInputItem): core.MessageInput & { readonly content: core.Json } {
  const content = toJson(item)
  const { role, type } = item as { readonly role?: string; readonly type?: string }
  return { id: core.newMessageId(), role: role ?? type ?? 'item', content }
}

/** A copy of its own, for the framework to change at will. */
export function toItem({ content }: core.Message): AgentInputItem {
  return core.unmarkBytes(content) as unknown as AgentInputItem
}

export function sameContents(messages: readonly core.Message[], items: readonly core.Json[]): boolean {
  return canonical(messages.map(({ content }) => content)) === canonical(items)
}

/** What mutations come to, if to anything. */
export function toRewrite(messages: readonly core.Message[], mutations: SessionHistoryMutation[]) {
  const items = applySessionHistoryMutations(messages.map(toItem), mutations)
  const next = items.map(toJson)
  const isKept = ({ content }: core.Message, i: number) => canonical(content) === canonical(next[i])
  const at = messages.findIndex((message, i) => !isKept(message, i))
  if (at < 0) return undefined
  if (next.length === messages.length) {
    const content = (i: number) => next[i] as core.Json
    return { amend: messages.flatMap((m, i) => (isKept(m, i) ? [] : [{ id: m.id, content: content(i) }])) }
  }
  // A repeated call is taken out of the middle, for which the tail must be written anew.
  return { cut: { afterSeq: (messages[at - 1]?.seq ?? 0) as number }, append: items.slice(at).map(toMessage) }
}

/** A history transaction, checked whole before anything is changed. */
export function toOperation({ operationId, transaction }: SessionHistoryTransactionArgs) {
  if (typeof operationId !== 'string' || operationId.trim() === '')
    throw new UserError('The operation id of a history transaction must not be blank.')
  const isAppend = transaction?.type === 'append_items'
  if (!isAppend && transaction?.type !== 'replace_suffix')
    throw new UserError('This type of history transaction is not known.')
  const expected = (isAppend ? [] : transaction.expectedSuffix).map(toJson)
  const added = (isAppend ? transaction.items : transaction.replacement).map(toMessage)
  // Digests, since a context key has 255 bytes at most and the whole context 1 MiB.
  const key = `op/${digest(operationId)}`
  const mark = digest(
    transaction.type,
    expected,
    added.map(({ content }) => content),
  )
  return { key, mark, expected, added, isAppend }
}

/** A copy without the members that are `undefined`, as the framework's own items have them. */
function plain(value: unknown, depth = 0): core.JsonWithBytes {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value instanceof Uint8Array) return value
  if (typeof value === 'object' && depth < 400) {
    if (Array.isArray(value)) return Array.from(value, (item) => plain(item, depth + 1))
    const prototype = Object.getPrototypeOf(value)
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    if (prototype === Object.prototype || prototype === null)
      return Object.fromEntries(members.map(([key, member]) => [key, plain(member, depth + 1)]))
  }
  throw new UserError('A history item holds a value that cannot be stored as it is.')
}
