import type { StoreEvent } from '@sess/core'
import { tell } from '@sess/core/store'
import type { RedisOptions } from 'ioredis'
import type { RedisClient } from './client.ts'

/** Tells, once, of what is set against the store's promises. What cannot be asked is not told. */
export async function warn(
  client: RedisClient,
  isOwn: boolean,
  onEvent: ((event: StoreEvent) => void) | undefined,
): Promise<void> {
  if (onEvent === undefined) return
  const { autoResendUnfulfilledCommands: resends } = (client.options ?? {}) as RedisOptions
  if (!isOwn && resends === true)
    tell(onEvent, {
      type: 'auto-resend',
      store: 'redis',
      detail: { option: 'autoResendUnfulfilledCommands' },
    })
  try {
    const info = String(await client.info('memory'))
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? ''
    if (policy.startsWith('allkeys'))
      tell(onEvent, { type: 'eviction-policy', store: 'redis', detail: { policy } })
  } catch {
    // An ACL may deny it.
  }
}
