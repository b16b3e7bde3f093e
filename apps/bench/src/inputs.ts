import type { Json } from '@sess/core'

export interface Input {
  readonly role: string
  readonly content: Json
  readonly metadata?: { readonly [key: string]: Json }
}

export const BODY_BYTES = 290

/** A string of its own, and flat: one that was put together with `+` would be a tree of its parts. */
export function text(seed: number, length = BODY_BYTES): string {
  return Buffer.from(`${seed} `.padEnd(length, 'The quick brown fox jumps over the lazy dog. ')).toString(
    'latin1',
  )
}

export function textMessage(seed: number, length = BODY_BYTES): Input {
  return { role: seed % 2 === 0 ? 'user' : 'assistant', content: text(seed, length) }
}

/** As an agent's step is kept: text, a call of a tool and its result, with the usage beside it. */
export function toolMessage(seed: number): Input {
  const toolCallId = `call_${seed}`
  return {
    role: 'assistant',
    content: [
      { type: 'text', text: text(seed, 80) },
      {
        type: 'tool-call',
        toolCallId,
        toolName: 'weather',
        input: { city: 'Zürich', days: 3, units: 'metric' },
      },
      {
        type: 'tool-result',
        toolCallId,
        output: {
          ok: true,
          rows: [1, 2, 3].map((day) => ({ day, high: seed + day, low: -day, rain: null })),
        },
      },
    ],
    metadata: { model: 'a-model', usage: { input: seed, output: 42 } },
  }
}

export function settings(seed: number): Json {
  return { seed, theme: 'dark', tags: ['a', 'b', 'c'], limits: { daily: 10, hourly: 2 } }
}

/** Made once and used over and over: what an application does to have its input is not measured. */
export function ring<T>(make: (seed: number) => T, size = 1024): (i: number) => T {
  const items = Array.from({ length: size }, (_, i) => make(i))
  return (i) => items[i % size] as T
}

const RINGS = new Map<number, (i: number) => Input>()

/** Messages of a size, made once. */
export function inputs(bytes: number): (i: number) => Input {
  const known = RINGS.get(bytes)
  const input = known ?? ring((seed) => textMessage(seed, bytes))
  if (!known) RINGS.set(bytes, input)
  return input
}
