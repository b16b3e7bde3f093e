import zlib from 'node:zlib'
import type { Json } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, it } from 'vitest'
import { type CompressionOptions, withCompression } from '../src/index.ts'
import { counted, messagesOf, newMessage, newSession } from './rig.ts'

const MIB = 1024 * 1024
const LONG = 'The quick brown fox jumps over the lazy dog, and then again. '.repeat(40)
const hasZstd = 'zstdCompressSync' in zlib

function rig(options?: CompressionOptions) {
  const inner = createMemoryStore()
  return {
    inner,
    store: withCompression(inner, options),
    open: (o?: CompressionOptions) => withCompression(inner, o),
  }
}

async function storedOf(content: Json, options?: CompressionOptions) {
  const { inner, store } = rig(options)
  await store.create(newSession('s', { messages: [newMessage('m', content)] }))
  expect((await messagesOf(store, 's'))[0]?.content).toEqual(content)
  return (await messagesOf(inner, 's'))[0]?.content
}

describe('withCompression', () => {
  it.each(['brotli', 'deflate', ...(hasZstd ? ['zstd' as const] : [])] as const)(
    'by %s keeps what is long in less',
    async (algorithm) => {
      for (const content of [LONG, { text: LONG, n: [1, null] }, LONG.repeat(20)]) {
        const stored = await storedOf(content, { algorithm })
        expect(stored).toMatch(/^sess:z1:/)
        expect(JSON.stringify(stored).length).toBeLessThan(JSON.stringify(content).length / 3)
      }
    },
  )

  it('reads what another algorithm wrote', async () => {
    const { store, open } = rig({ algorithm: 'deflate' })
    await store.create(newSession('s', { messages: [newMessage('a', LONG)] }))
    await open({ algorithm: 'brotli', minBytes: 1 }).commit('s', { append: [newMessage('b', { LONG })] })
    expect((await messagesOf(store, 's')).map(({ content }) => content)).toEqual([LONG, { LONG }])
  })

  it('leaves what is short, or would not become less', async () => {
    const random = Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * i * 31 + i * 7) % 251)).toString(
      'base64',
    )
    const noise = Array.from(
      { length: 900 },
      (_, i) => random[(i * 17 + ((i * i) >> 3)) % random.length],
    ).join('')
    expect(await storedOf('short '.repeat(80))).toBe('short '.repeat(80))
    expect(await storedOf('x', { minBytes: 1 })).toBe('x')
    expect(await storedOf(noise.slice(0, 520))).toBe(noise.slice(0, 520))
    expect(await storedOf(LONG, { maxBytes: 1000 })).toBe(LONG)
    expect(await storedOf('short '.repeat(80), { minBytes: 480 })).toMatch(/^sess:z1:/)
  })

  it('gives back what only looks like its own', async () => {
    for (const content of [
      'sess:z1:',
      'sess:z9:abc',
      'sess:z1:AQAAAAVoZWxsbw',
      `sess:z1:${LONG}`,
      { a: 'sess:z1:' },
    ])
      for (const minBytes of [1, 512]) await storedOf(content, { minBytes })
  })

  it('is one call to the store for each of its own, and knows a repeat by its digest', async () => {
    const { store: inner, calls } = counted(createMemoryStore())
    const store = withCompression(inner)
    await store.create(newSession('s'))
    await store.commit('s', { append: [newMessage('a', LONG)] })
    expect((await store.commit('s', { append: [newMessage('a', LONG)] })).replayed).toBe(true)
    await store.load('s', { messages: { last: 1 } })
    expect(calls).toEqual(['create', 'commit', 'commit', 'load'])
    expect((await messagesOf(store, 's'))[0]).not.toHaveProperty('digest')
    expect((await messagesOf(inner, 's'))[0]?.digest).toMatch(/^z1:.{41}$/)
  })

  it('knows a repeat also of what was stored plain, or by other options', async () => {
    const { inner, store, open } = rig({ minBytes: 1 })
    await inner.create(newSession('s', { messages: [newMessage('plain', LONG)] }))
    await open({ algorithm: 'deflate' }).commit('s', { append: [newMessage('deflated', LONG)] })
    for (const id of ['plain', 'deflated']) {
      const again = await store.commit('s', { append: [newMessage(id, LONG)], set: [['k', 1]] })
      expect(again).toMatchObject({ replayed: true, messages: [{ id, content: LONG }] })
    }
    await expect(store.commit('s', { append: [newMessage('plain', `${LONG}.`)] })).rejects.toMatchObject({
      code: 'CONFLICT',
      current: { messages: [{ content: LONG }] },
    })
  })

  it.each<[object, RegExp]>([
    [{ algorithm: 'gzip' }, /brotli, deflate and zstd/],
    [{ algorithm: 'constructor' }, /brotli, deflate and zstd/],
    [{ minBytes: 0 }, /minBytes/],
    [{ maxBytes: 1.5 }, /maxBytes/],
    ...(hasZstd ? [] : [[{ algorithm: 'zstd' }, /Node 22.15/] as [object, RegExp]]),
  ])('refuses %j as CONFIG_INVALID', (options, why) => {
    const make = () => withCompression(createMemoryStore(), options as CompressionOptions)
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(make).toThrow(why)
  })
})

describe('what does not expand as it should', () => {
  const brotli = (bytes: Buffer) => zlib.brotliCompressSync(bytes)
  const envelope = (code: number, size: number, bytes: Buffer) => {
    const head = Buffer.alloc(5)
    head.writeUInt8(code)
    head.writeUInt32BE(size, 1)
    return `sess:z1:${Buffer.concat([head, bytes]).toString('base64url')}`
  }
  const json = Buffer.from(JSON.stringify(LONG))
  const bomb = Buffer.alloc(64 * MIB, 0x20)

  it.each([
    ['a bomb that says its size', envelope(1, bomb.length, brotli(bomb))],
    ['a bomb that says less', envelope(1, json.length, brotli(bomb))],
    ['a deflated bomb', envelope(2, json.length, zlib.deflateRawSync(bomb))],
    ['less than it says', envelope(1, json.length + 1, brotli(json))],
    ['more than it says', envelope(1, json.length - 1, brotli(json))],
    ['an unknown algorithm', envelope(9, json.length, brotli(json))],
    ['what is not compressed', envelope(1, json.length, json)],
    ['what is cut off', envelope(1, json.length, brotli(json)).slice(0, -8)],
    ['nothing', 'sess:z1:'],
    ['what is not JSON', envelope(1, 3, brotli(Buffer.from('{x}')))],
    ['what is not base64', `${envelope(1, json.length, brotli(json))}!`],
    ['an unknown version', envelope(1, json.length, brotli(json)).replace('z1', 'z2')],
  ])('is CORRUPT_DATA: %s', async (_, content) => {
    const { inner, store } = rig()
    await inner.create(newSession('s', { messages: [newMessage('m', content)] }))
    const before = process.memoryUsage().arrayBuffers
    const error = await messagesOf(store, 's').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'CORRUPT_DATA' })
    expect((error as Error).message).not.toContain('fox')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB)
  })

  it.skipIf(hasZstd)('is UNSUPPORTED where it is zstd, and this Node has none', async () => {
    const { inner, store } = rig()
    await inner.create(newSession('s', { messages: [newMessage('m', envelope(3, 9, json))] }))
    await expect(messagesOf(store, 's')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('a page of messages that expand to much', () => {
  it('ends at 8 MiB of what they expand to, from the end that was asked for, and walks meet all', async () => {
    const { store } = rig()
    await store.create(newSession('s'))
    const ids = Array.from({ length: 20 }, (_, i) => `m${i}`)
    for (const id of ids) await store.commit('s', { append: [newMessage(id, id.padEnd(MIB, '.'))] })
    const load = async (window: object) =>
      ((await store.load('s', { messages: window as { last: number } })).messages ?? []).map(({ id }) => id)
    expect(await load({ last: 1000 })).toEqual(ids.slice(-7))
    expect(await load({ beforeSeq: 11, limit: 1000 })).toEqual(ids.slice(3, 10))
    expect(await load({ afterSeq: 2, limit: 1000 })).toEqual(ids.slice(2, 9))
    expect(await load({ offset: 0, limit: 3 })).toEqual(ids.slice(0, 3))
    const { removed, removedCount } = await store.commit('s', { cut: { newest: 12 } })
    expect([removed.map(({ id }) => id), removedCount]).toEqual([ids.slice(-7), 12])
  })
})
