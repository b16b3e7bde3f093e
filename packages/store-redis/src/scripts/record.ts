import { script } from './script.ts'

/**
 * KEYS  1 record
 * answers  its fields and values
 */
export const READ_RECORD = script('read-record', `return redis.call('HGETALL', KEYS[1])`)

/**
 * KEYS  1 schema
 * answers  the schema that the data has, if it says so
 */
export const READ_SCHEMA = script('read-schema', `return redis.call('GET', KEYS[1])`)
