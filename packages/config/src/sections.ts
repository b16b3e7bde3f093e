import { isDuration } from '@sess/core'
import { z } from 'zod'
import { isSize } from './size.ts'

// What belongs to no store: the sections `session` and `cleanup`.

const duration = z
  .string()
  .refine(isDuration, "a duration such as '300ms', '1.5h' or '2h45m'")
  .meta({ examples: ['300ms', '1.5h', '2h45m'] })
const size = z.union([z.string(), z.number()]).refine(isSize, "a size such as 65536, '64KiB' or '1MB'")

const sessionSchema = z
  .object({
    default_ttl: z
      .string()
      .refine((value) => value === 'never' || isDuration(value), "a duration such as '24h', or 'never'")
      .default('24h')
      .meta({ examples: ['24h', 'never'], description: 'lifetime of a session that brings none' }),
    max_message_count: z.int().min(1).default(1000).meta({ description: "cap on a session's messages" }),
    max_context_size: size.default(1_048_576).meta({ description: "cap on a session's context, in bytes" }),
    enable_compression: z
      .boolean()
      .default(false)
      .meta({ description: 'asks for a wrapper that compresses' }),
    enable_encryption: z.boolean().default(false).meta({ description: 'asks for a wrapper that encrypts' }),
    encryption_key: z.string().default('').meta({ description: 'for that wrapper', writeOnly: true }),
  })
  .refine((session) => !session.enable_encryption || session.encryption_key !== '', {
    path: ['encryption_key'],
  })

const cleanupSchema = z.object({
  enabled: z
    .boolean()
    .default(true)
    .meta({ description: 'whether expired sessions are deleted in the background' }),
  interval: duration.default('1h').meta({ description: 'how often' }),
  batch_size: z.int().min(1).max(1000).default(100).meta({ description: 'how many in one step' }),
})

export const session = {
  schema: sessionSchema,
  env: {
    SESSION_DEFAULT_TTL: 'default_ttl',
    SESSION_MAX_MESSAGE_COUNT: 'max_message_count',
    SESSION_ENABLE_COMPRESSION: 'enable_compression',
    SESSION_ENABLE_ENCRYPTION: 'enable_encryption',
    SESSION_ENCRYPTION_KEY: 'encryption_key',
  },
}

export const cleanup = {
  schema: cleanupSchema,
  env: {
    SESSION_CLEANUP_ENABLED: 'enabled',
    SESSION_CLEANUP_INTERVAL: 'interval',
    SESSION_CLEANUP_BATCH_SIZE: 'batch_size',
  },
}

/** What may stand under `session`, with its defaults. */
export type SessionConfig = Readonly<z.output<typeof sessionSchema>>
/** What may stand under `cleanup`, with its defaults. */
export type CleanupConfig = Readonly<z.output<typeof cleanupSchema>>
/** As they may be given in code. */
export type SessionInput = Readonly<z.input<typeof sessionSchema>>
export type CleanupInput = Readonly<z.input<typeof cleanupSchema>>
