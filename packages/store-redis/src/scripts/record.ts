import { script } from './script.ts'

/**
 * KEYS  1 record, 2 metadata
 * answers  the packed field, where there is a session, and the metadata's fields and values
 */
export const READ_RECORD = script(
  'read-record',
  `return {redis.call('HGET', KEYS[1], ''), redis.call('HGETALL', KEYS[2])}`,
)

/**
 * KEYS  1 record
 * answers  whether it is there
 */
export const EXISTS = script('exists', `return redis.call('EXISTS', KEYS[1])`)

/**
 * KEYS  1 schema
 * answers  the schema that the data has, if it says so
 */
export const READ_SCHEMA = script('read-schema', `return redis.call('GET', KEYS[1])`)
