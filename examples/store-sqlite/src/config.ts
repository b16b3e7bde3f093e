import { type ConfigurableStore, isDuration } from '@sess/core'
import { z } from 'zod'
import { createSqliteStore } from './sqlite-store.ts'

const schema = z.object({
  path: z.string().min(1).meta({ description: 'the file, which is made where there is none' }),
  timeout: z
    .string()
    .refine(isDuration, "a duration such as '5s'")
    .default('5s')
    .meta({ description: 'how long to wait for another process that writes' }),
})

/** `store.type: sqlite`, for `@sess/config`. */
export function sqlite(): ConfigurableStore<'sqlite', z.output<typeof schema>> {
  return {
    type: 'sqlite',
    schema,
    env: { SESSION_SQLITE_PATH: 'path', SESSION_SQLITE_TIMEOUT: 'timeout' },
    open: ({ path, timeout }) => createSqliteStore({ path, timeout }),
  }
}
