import { randomUUID } from 'node:crypto'
import { loadConfig, loadManager, type StoreSection } from '@sess/config'
import type { SessionManager, SessionStore } from '@sess/core'
import { memory } from '@sess/store-memory/config'
import { mysql } from '@sess/store-mysql/config'
import { redis } from '@sess/store-redis/config'
import { clear, onServer } from './server-store.ts'
import type { StoreKind } from './store-kind.ts'

const kinds = [memory(), redis(), mysql()]

/** A manager as a file and the environment say. @throws `CONFIG_INVALID` */
export async function managerOf(file: string): Promise<{ type: string; manager: SessionManager }> {
  const config = loadConfig({ file, stores: kinds })
  return { type: config.store.type, manager: await loadManager(config) }
}

/** The store of a file and the environment, but for keys and tables of the playground's own. @throws `CONFIG_INVALID` */
export function configured(file: string): StoreKind {
  const own = { redis: { key_prefix: `playground-${randomUUID()}:` }, mysql: { table_name: 'playground' } }
  const { store } = loadConfig({ file, stores: kinds, overrides: { store: own } })
  return {
    name: `${store.type} by file`,
    atTheEnd: 'It is deleted when the program ends.',
    async open() {
      const opened = await open(store)
      await clear(opened)
      return onServer(opened, () => clear(opened).finally(() => opened.close()))
    },
  }
}

function open(section: StoreSection<(typeof kinds)[number]>): SessionStore | Promise<SessionStore> {
  switch (section.type) {
    case 'memory':
      return memory().open(section.memory, {})
    case 'redis':
      return redis().open(section.redis, {})
    case 'mysql':
      return mysql().open(section.mysql, {})
  }
}
