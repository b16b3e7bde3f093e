import type { SessionStore } from '@sess/core'
import { withCompression, withEncryption } from '../src/index.ts'
import { KEYS } from './keys.ts'

type Wrap = (store: SessionStore) => SessionStore

export const ENCRYPTION: Wrap = (store) => withEncryption(store, { keys: KEYS })

/** Every way to wrap a store that the kit is run on. Content is compressed from the first byte on, so that the laws meet it. */
export const WAYS: { readonly [name: string]: Wrap } = {
  encryption: ENCRYPTION,
  'encryption that lets plain data pass': (store) => withEncryption(store, { keys: KEYS, allowPlain: true }),
  compression: (store) => withCompression(store, { minBytes: 1 }),
  'encryption of what was compressed': (store) =>
    withCompression(withEncryption(store, { keys: KEYS }), { minBytes: 1 }),
  'compression of what was encrypted': (store) =>
    withEncryption(withCompression(store, { minBytes: 1 }), { keys: KEYS }),
}
