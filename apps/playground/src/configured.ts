import { randomUUID } from 'node:crypto'
import { cache, failover } from '@sess/compose/config'
import { type Config, type ConfigurableWrapper, loadConfig, loadManager } from '@sess/config'
import type { SessionManager, SessionStore } from '@sess/core'
import { memory } from '@sess/store-memory/config'
import { mysql } from '@sess/store-mysql/config'
import { redis } from '@sess/store-redis/config'
import { clear, onServer } from './server-store.ts'
import type { StoreKind } from './store-kind.ts'

const stores = [memory(), redis(), mysql()]
const wrappers = [failover(), cache()]

/** A manager as a file and the environment say. @throws `CONFIG_INVALID` */
export async function managerOf(file: string): Promise<{ type: string; manager: SessionManager }> {
  const config = loadConfig({ file, stores, wrappers })
  return { type: config.store.type, manager: await loadManager(config) }
}

/** The store of a file and the environment, but for keys and tables of the playground's own. @throws `CONFIG_INVALID` */
export function configured(file: string): StoreKind {
  const own = (seat: string) => ({
    redis: { key_prefix: `playground${seat}-${randomUUID()}:` },
    mysql: { table_name: `playground${seat}` },
  })
  const overrides = {
    store: { ...own(''), fallback: own('_fallback'), cache: own('_cache') },
    cleanup: { enabled: false },
  }
  const config = loadConfig({ file, stores, wrappers, overrides })
  return {
    name: `${config.store.type} by file`,
    atTheEnd: 'It is deleted when the program ends.',
    async open() {
      const opened = await storeOf(config)
      await clear(opened)
      return onServer(opened, () => clear(opened).finally(() => opened.close()))
    },
  }
}

/** What a manager would use, all that stands before the store included. */
async function storeOf(config: Pick<Config, 'explain'>): Promise<SessionStore> {
  return new Promise((resolve, reject) => {
    const last: ConfigurableWrapper = {
      wrap(store) {
        resolve(store)
        return store
      },
    }
    loadManager(config, { wrappers: [...wrappers, last] }).catch(reject)
  })
}
