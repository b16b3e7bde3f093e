/** The statements that bring the tables from one version to the next. Each may be run twice, and by many processes at once. */
export interface Migration {
  readonly version: number
  statements(prefix: string): readonly string[]
}

// Only ever added to, and never by what an older release could not work with.

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    statements: (prefix) => [
      `CREATE TABLE IF NOT EXISTS \`${prefix}sessions\` (
        incarnation binary(16) NOT NULL,
        id varbinary(200) NOT NULL,
        user_id varbinary(255),
        metadata ${JSON_TEXT} NOT NULL,
        created_at bigint NOT NULL,
        ttl_ms bigint,
        sliding tinyint NOT NULL,
        max_messages bigint,
        overflow varbinary(16) NOT NULL,
        is_active tinyint NOT NULL,
        updated_at bigint NOT NULL,
        expires_at bigint,
        version bigint NOT NULL,
        last_seq bigint NOT NULL,
        message_count bigint NOT NULL,
        context_bytes bigint NOT NULL,
        PRIMARY KEY (incarnation),
        UNIQUE KEY \`${prefix}sessions_id\` (id),
        KEY \`${prefix}sessions_user\` (user_id, updated_at, id, expires_at),
        KEY \`${prefix}sessions_expiry\` (expires_at)
      ) ENGINE=InnoDB`,
      `CREATE TABLE IF NOT EXISTS \`${prefix}messages\` (
        incarnation binary(16) NOT NULL,
        seq bigint NOT NULL,
        id varbinary(200) NOT NULL,
        role varbinary(64) NOT NULL,
        created_at bigint NOT NULL,
        version bigint NOT NULL,
        amended_at bigint,
        digest varbinary(266),
        bytes bigint NOT NULL,
        content ${JSON_TEXT} NOT NULL,
        metadata ${JSON_TEXT} NOT NULL,
        PRIMARY KEY (incarnation, seq),
        UNIQUE KEY \`${prefix}messages_id\` (incarnation, id)
      ) ENGINE=InnoDB`,
      `CREATE TABLE IF NOT EXISTS \`${prefix}context\` (
        incarnation binary(16) NOT NULL,
        context_key varbinary(255) NOT NULL,
        value ${JSON_TEXT} NOT NULL,
        PRIMARY KEY (incarnation, context_key)
      ) ENGINE=InnoDB`,
      `CREATE TABLE IF NOT EXISTS \`${prefix}garbage\` (
        incarnation binary(16) NOT NULL,
        PRIMARY KEY (incarnation)
      ) ENGINE=InnoDB`,
      `CREATE TABLE IF NOT EXISTS \`${prefix}schema\` (
        version bigint NOT NULL,
        PRIMARY KEY (version)
      ) ENGINE=InnoDB`,
    ],
  },
]

const JSON_TEXT = 'longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'

export const SCHEMA_VERSION = MIGRATIONS.length
