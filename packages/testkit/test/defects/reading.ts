import type { ContextEntry, ContextWindow, Json, Loaded, Message, MessageWindow, Want } from '@sess/core'
import { readContext, readMessages } from '../../src/reference-read.ts'
import { type Defect, member } from './defect.ts'

type Log = readonly Message[]
type Context = ReadonlyMap<string, Json>

/** A store that reads messages in its own way, where the window is one that it can read. */
function window(
  name: string,
  caughtBy: string | string[],
  read: (all: Log, window: MessageWindow) => Log,
): Defect {
  return member(name, caughtBy, (store, { sessions }) => ({
    async load(id, want, options) {
      const loaded = await store.load(id, want, options)
      return want?.messages
        ? { ...loaded, messages: read(sessions.get(id)?.messages ?? [], want.messages) }
        : loaded
    },
  }))
}

function slice(
  name: string,
  caughtBy: string | string[],
  read: (all: Context, window: ContextWindow) => readonly ContextEntry[],
): Defect {
  return member(name, caughtBy, (store, { sessions }) => ({
    async load(id, want, options) {
      const loaded = await store.load(id, want, options)
      return want?.context
        ? { ...loaded, context: read(sessions.get(id)?.context ?? new Map(), want.context) }
        : loaded
    },
  }))
}

/** A store that reads the page of a context with another prefix than was asked for. */
function prefix(name: string, caughtBy: string, matches: (key: string, prefix: string) => boolean): Defect {
  return slice(name, caughtBy, (all, window) => {
    if (window === true || window.keys !== undefined) return readContext(all, window)
    const under = [...all].filter(([key]) => matches(key, window.prefix))
    const hidden = new Map(
      under.map(([key, value]) => [`${window.prefix}\u0000${key}`, [key, value] as const]),
    )
    return readContext(hidden, {
      ...window,
      ...(window.after && { after: `${window.prefix}\u0000${window.after}` }),
    }).map(
      ([key, value]): ContextEntry => [
        key.slice(window.prefix.length + 1),
        window.keysOnly ? null : (value as ContextEntry)[1],
      ],
    )
  })
}

function asPattern(prefix: string, any: string, one: string): RegExp {
  const escaped = [...prefix].map((c) =>
    c === any ? '.*' : c === one ? '.' : c.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  )
  return new RegExp(`^${escaped.join('')}`, 'su')
}

/** A store that asks for something else than it was asked. */
function asking(name: string, caughtBy: string | string[], change: (want: Want) => Want): Defect {
  return member(name, caughtBy, (store) => ({
    load: (id, want, options) => store.load(id, want && change(want), options),
  }))
}

function answering(
  name: string,
  caughtBy: string | string[],
  change: (loaded: Loaded, want: Want) => Loaded,
): Defect {
  return member(name, caughtBy, (store) => ({
    load: async (id, want, options) => change(await store.load(id, want, options), want ?? {}),
  }))
}

const limited = (limit: number) => Math.min(1000, Math.max(1, Math.trunc(limit)))

/** Broken: windows, reads, context, slices. */
export const reading: readonly Defect[] = [
  window('answers the newest message first', ['windows/last', 'ordered/consecutive'], (all, window) =>
    [...readMessages(all, window)].reverse(),
  ),
  window(
    'answers one message too many',
    ['windows/after', 'windows/before', 'windows/offset'],
    (all, window) =>
      readMessages(all, window.limit !== undefined ? { ...window, limit: window.limit + 1 } : window),
  ),
  window('answers the oldest for `last`', 'windows/last', (all, window) =>
    window.last !== undefined ? all.slice(0, window.last) : readMessages(all, window),
  ),
  window('answers the message at `afterSeq` too', 'windows/after', (all, window) =>
    readMessages(all, window.afterSeq !== undefined ? { ...window, afterSeq: window.afterSeq - 1 } : window),
  ),
  window('answers the message at `beforeSeq` too', 'windows/before', (all, window) =>
    readMessages(
      all,
      window.beforeSeq !== undefined ? { ...window, beforeSeq: window.beforeSeq + 1 } : window,
    ),
  ),
  window(
    'answers the first messages before `beforeSeq`, not the nearest',
    ['windows/before', 'bounded/page'],
    (all, window) =>
      window.beforeSeq !== undefined
        ? all.filter(({ seq }) => seq < window.beforeSeq).slice(0, window.limit)
        : readMessages(all, window),
  ),
  window('counts an offset from the newest', 'windows/offset', (all, window) =>
    window.offset !== undefined ? readMessages([...all].reverse(), window) : readMessages(all, window),
  ),
  window('takes a seq for a place in the log', ['windows/after', 'windows/after-head-cut'], (all, window) =>
    window.afterSeq !== undefined
      ? all.slice(window.afterSeq, window.afterSeq + window.limit)
      : readMessages(all, window),
  ),
  window('answers messages by id in the order asked', 'windows/ids', (all, window) =>
    window.ids !== undefined
      ? window.ids.flatMap((id) => all.find((message) => message.id === id) ?? [])
      : readMessages(all, window),
  ),
  window('finds message ids without regard to case', 'windows/ids', (all, window) =>
    window.ids !== undefined
      ? all.filter(({ id }) => window.ids.some((one) => one.toLowerCase() === id.toLowerCase()))
      : readMessages(all, window),
  ),
  window('skips a message between pages', 'reads/walk', (all, window) =>
    readMessages(
      all,
      window.afterSeq !== undefined && window.afterSeq > 0
        ? { ...window, afterSeq: window.afterSeq + 1 }
        : window,
    ),
  ),
  window('ends a page with nothing when its first message is large', 'bounded/page-bytes', (all, window) =>
    readMessages(all, window).filter(({ content }) => typeof content !== 'string' || content.length < 2e6),
  ),
  window('pages of at most 500', 'bounded/page', (all, window) => readMessages(all, window).slice(0, 500)),
  answering('answers messages and context unasked', 'reads/nothing-wanted', (loaded) => ({
    messages: [],
    context: [],
    ...loaded,
  })),
  answering('leaves out lists that are empty', 'reads/empty', ({ messages, ...loaded }) => ({
    ...loaded,
    ...(messages?.length && { messages }),
  })),
  asking('makes any window fit', 'reads/refused', (want) => {
    if (!want.messages) return want
    const { last, limit, ...rest } = want.messages as { last?: number; limit?: number; ids?: string[] }
    const fits = {
      ...(last !== undefined && { last: limited(last) }),
      ...(limit !== undefined && { limit: limited(limit) }),
    }
    return { ...want, messages: { ...rest, ...fits } as MessageWindow }
  }),
  asking('makes any window on the context fit', 'slices/refused', (want) => {
    if (!want.context || want.context === true || 'keys' in want.context) return want
    return { ...want, context: { ...want.context, limit: limited(want.context.limit) } }
  }),

  slice('orders context keys by UTF-16', 'context/order', (all, window) =>
    [...readContext(all, window)].sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
  slice('orders context keys as they were set', 'context/order', (all, window) =>
    window === true ? [...all] : readContext(all, window),
  ),
  slice('answers null for keys that are not there', ['context/keys', 'changes/null'], (all, window) =>
    window !== true && window.keys !== undefined
      ? window.keys.map((key): ContextEntry => [key, all.get(key) ?? null])
      : readContext(all, window),
  ),
  slice('reads a stored null as an absent key', 'changes/null', (all, window) =>
    readContext(new Map([...all].filter(([, value]) => value !== null)), window),
  ),
  prefix(
    'finds prefixes without regard to case',
    'context/prefix',
    (key, prefix) => key.toLowerCase().startsWith(prefix.toLowerCase()) && !key.startsWith('sess:'),
  ),
  prefix('takes % and _ in a prefix for wildcards', 'context/wildcards', (key, prefix) =>
    asPattern(prefix, '%', '_').test(key),
  ),
  prefix('takes * and ? in a prefix for wildcards', 'context/wildcards', (key, prefix) =>
    asPattern(prefix, '*', '?').test(key),
  ),
  prefix('reaches reserved keys by any prefix', 'context/reserved', (key, prefix) => key.startsWith(prefix)),
  member('hides reserved keys that are asked for', 'context/beside', (store) => ({
    async load(...args) {
      const { reserved, ...loaded } = await store.load(...args)
      return { ...loaded, ...(reserved && { reserved: [] }) }
    },
  })),
  slice('hides reserved keys always', 'context/reserved', (all, window) =>
    readContext(all, window).filter(([key]) => !key.startsWith('sess:')),
  ),
  asking('answers one context entry too many', ['slices/limit', 'slices/reverse'], (want) =>
    want.context &&
    want.context !== true &&
    want.context.prefix !== undefined &&
    want.context.limit > 0 &&
    want.context.limit < 1000
      ? { ...want, context: { ...want.context, limit: want.context.limit + 1 } }
      : want,
  ),
  slice('answers the entry at `after` too', ['slices/limit', 'bounded/wide-context'], (all, window) => {
    if (window === true || window.keys !== undefined || window.after === undefined || !all.has(window.after))
      return readContext(all, window)
    const { after, limit, keysOnly } = window
    const page = readContext(all, { ...window, limit: limit - 1 || 1 })
    return [[after, keysOnly ? null : (all.get(after) ?? null)], ...page]
  }),
  asking('pages only forwards', ['slices/reverse', 'bounded/wide-context'], (want) =>
    want.context && want.context !== true && want.context.prefix !== undefined
      ? { ...want, context: { ...want.context, reverse: false } }
      : want,
  ),
  asking('answers values where only keys were asked for', 'slices/keys-only', (want) =>
    want.context && want.context !== true && want.context.prefix !== undefined
      ? { ...want, context: { ...want.context, keysOnly: false } }
      : want,
  ),
]
