import { customType, index, mysqlTable, primaryKey, uniqueIndex } from 'drizzle-orm/mysql-core'

// Ids, user ids, roles and keys are bytes: every text collation of some server folds letters or trailing spaces.
// No foreign keys, triggers or auto-increment, so that Vitess and TiDB take the same tables.

const name = customType<{ data: string; driverData: Buffer | string; config: { length: number } }>({
  dataType: (config) => `varbinary(${config?.length})`,
  fromDriver: (bytes) => bytes.toString(),
})
const incarnation = customType<{ data: Buffer }>({ dataType: () => 'binary(16)' })
/** JSON text, byte for byte, whatever charset the database has. */
const json = customType<{ data: string }>({
  dataType: () => 'longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
})
/** A count, a version or a time in milliseconds since the epoch. */
const whole = customType<{ data: number; driverData: number | string }>({
  dataType: () => 'bigint',
  fromDriver: Number,
})
const flag = customType<{ data: boolean; driverData: number }>({
  dataType: () => 'tinyint',
  fromDriver: (value) => value !== 0,
})

/**
 * The tables of the store as a Drizzle schema: join them to your own, and let `drizzle-kit` make them if you like.
 * Messages and context are keyed by their session's `incarnation`, which is random, and not by its id.
 * @param prefix of the tables' names, as in the store's option `tablePrefix`
 * @example `export const { sessions, messages, context, garbage, schema } = sessTables()`
 */
export function sessTables(prefix = 'sess_') {
  return {
    sessions: sessionsTable(prefix),
    messages: messagesTable(prefix),
    context: contextTable(prefix),
    /** Incarnations that are gone, and whose messages and context may still be there. */
    garbage: mysqlTable(`${prefix}garbage`, { incarnation: incarnation('incarnation').primaryKey() }),
    /** The migrations that were applied. */
    schema: mysqlTable(`${prefix}schema`, { version: whole('version').primaryKey() }),
  }
}

export type SessTables = ReturnType<typeof sessTables>

/** A session: what seldom changes, then what does with each commit. */
function sessionsTable(prefix: string) {
  return mysqlTable(
    `${prefix}sessions`,
    {
      incarnation: incarnation('incarnation').primaryKey(),
      id: name('id', { length: 200 }).notNull(),
      userId: name('user_id', { length: 255 }),
      metadata: json('metadata').notNull(),
      createdAt: whole('created_at').notNull(),
      ttlMs: whole('ttl_ms'),
      sliding: flag('sliding').notNull(),
      maxMessages: whole('max_messages'),
      overflow: name('overflow', { length: 16 }).notNull(),
      isActive: flag('is_active').notNull(),
      updatedAt: whole('updated_at').notNull(),
      expiresAt: whole('expires_at'),
      version: whole('version').notNull(),
      lastSeq: whole('last_seq').notNull(),
      messageCount: whole('message_count').notNull(),
      contextBytes: whole('context_bytes').notNull(),
    },
    (t) => [
      uniqueIndex(`${prefix}sessions_id`).on(t.id),
      // The expiry is in it so that a count reads no session.
      index(`${prefix}sessions_user`).on(t.userId, t.updatedAt, t.id, t.expiresAt),
      index(`${prefix}sessions_expiry`).on(t.expiresAt),
    ],
  )
}

function messagesTable(prefix: string) {
  return mysqlTable(
    `${prefix}messages`,
    {
      incarnation: incarnation('incarnation').notNull(),
      seq: whole('seq').notNull(),
      id: name('id', { length: 200 }).notNull(),
      role: name('role', { length: 64 }).notNull(),
      createdAt: whole('created_at').notNull(),
      version: whole('version').notNull(),
      amendedAt: whole('amended_at'),
      /** JSON text, since a digest need not be well-formed Unicode. */
      digest: name('digest', { length: 266 }),
      /** Of content and metadata, so that a page can end at a size without reading them. */
      bytes: whole('bytes').notNull(),
      content: json('content').notNull(),
      metadata: json('metadata').notNull(),
    },
    (t) => [
      primaryKey({ columns: [t.incarnation, t.seq] }),
      uniqueIndex(`${prefix}messages_id`).on(t.incarnation, t.id),
    ],
  )
}

function contextTable(prefix: string) {
  return mysqlTable(
    `${prefix}context`,
    {
      incarnation: incarnation('incarnation').notNull(),
      key: name('context_key', { length: 255 }).notNull(),
      value: json('value').notNull(),
    },
    (t) => [primaryKey({ columns: [t.incarnation, t.key] })],
  )
}
