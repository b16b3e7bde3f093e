import { createDecipheriv, createHmac } from 'node:crypto'
import type { Message } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { DataKey } from '../src/data-key.ts'
import { KeyRing } from '../src/key-ring.ts'
import { SessionCipher } from '../src/session-cipher.ts'
import vectors from './vectors.json' with { type: 'json' }

// What a release wrote, every later one must read. The vectors are never made anew.

const { sessionId, key, passphrase } = vectors
const dataKey = Buffer.from(vectors.dataKey, 'base64')
const cipher = new SessionCipher(sessionId, new DataKey(dataKey), 'the key of the vectors', false)
const ring = (...keys: ConstructorParameters<typeof KeyRing>[1]) => new KeyRing('test', keys)
const stored = (message: object) => ({ seq: 1, version: 1, createdAt: 1, ...message }) as Message

describe('known answers', () => {
  it('of wrapping a data key, which is the same each time', async () => {
    const raw = ring({ id: key.id, key: key.base64 })
    expect(await raw.wrap(dataKey, { sessionId })).toBe(vectors.wrapped)
    expect(await raw.unwrap(vectors.wrapped, { sessionId })).toEqual(dataKey)
    expect(await ring(passphrase).wrap(dataKey, { sessionId })).toBe(vectors.wrappedByPassphrase)
    await expect(raw.unwrap(vectors.wrapped, { sessionId: 'other' })).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    })
  })

  it.each([vectors.message, vectors.messageWithDigest, vectors.messageCompressed])(
    'of a message',
    ({ plain, stored: sealed }) => {
      expect(cipher.openMessage(stored(sealed))).toEqual(stored(plain))
      // The fingerprint of a message is the same each time, or no repeat would be known.
      expect(cipher.sealMessage(plain).digest).toBe(sealed.digest)
    },
  )

  it('of an entry of the context and of metadata', () => {
    expect(cipher.openEntry(vectors.context.stored as [string, string])).toEqual(vectors.context.plain)
    expect(cipher.openMetadata(vectors.metadata.stored)).toEqual(vectors.metadata.plain)
  })

  it('are opened by the format as docs/decisions/codec.md tells it, with nothing of this package', () => {
    const hmac = (secret: Buffer, ...parts: (string | Buffer)[]) =>
      parts.reduce((mac, part) => mac.update(part), createHmac('sha256', secret)).digest()
    const gcm = (secret: Buffer, nonce: Buffer, sealed: Buffer, aad: string) => {
      const decipher = createDecipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(aad))
      decipher.setAuthTag(sealed.subarray(-16))
      return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
    }

    const wrapped = Buffer.from(vectors.wrapped.slice('sess:k1:ring-1:'.length), 'base64url')
    const salt = wrapped.subarray(0, 24)
    const ringKey = Buffer.from(key.base64, 'base64')
    const unwrapped = gcm(hmac(ringKey, 'sess:k1 wrap ', salt), Buffer.alloc(12), wrapped.subarray(24), '')
    expect(unwrapped).toEqual(dataKey)
    const place = JSON.stringify(['sess:k1 salt', 'ring-1', sessionId])
    expect(hmac(ringKey, place, dataKey).subarray(0, 24)).toEqual(salt)

    const { content } = vectors.message.stored
    const sealed = Buffer.from(content.sess.slice('sess:e1:'.length), 'base64url')
    const writerKey = hmac(dataKey, 'sess:e1 writer ', sealed.subarray(0, 8))
    const aad = JSON.stringify(['sess:e1', sessionId, 'content', 'msg_1'])
    const text = gcm(writerKey, sealed.subarray(8, 20), sealed.subarray(20), aad).toString('utf8')
    expect(JSON.parse(text)).toEqual(vectors.message.plain.content)
  })
})

describe('nonces', () => {
  it('never come twice for a writer, nor writers for a data key', () => {
    const seen = new Set<string>()
    for (let process = 0; process < 20; process++) {
      const one = new DataKey(dataKey)
      for (let i = 0; i < 1000; i++) seen.add(one.seal('same', 'same').subarray(0, 20).toString('hex'))
    }
    expect(seen.size).toBe(20_000)
    const counters = new Set([...seen].map((head) => head.slice(0, 24)))
    expect(counters.size).toBe(20_000)
  })
})
