import { orSkip, PATIENT, startMysql, startRedis } from '@sess/servers'
import { createMemoryStore } from '@sess/store-memory'
import { createMysqlStore } from '@sess/store-mysql'
import { createRedisStore } from '@sess/store-redis'
import { afterAll, expect, test } from 'vitest'
import { rotateUnderFire } from '../rotation.ts'

const [redis, mysql] = [await orSkip(() => startRedis()), await orSkip(() => startMysql())]
afterAll(async () => {
  await redis?.stop()
  await mysql?.stop()
})

const openers = {
  redis: redis && (() => createRedisStore({ url: redis.url, timeout: PATIENT })),
  mysql: mysql && (() => createMysqlStore({ url: mysql.url, timeout: PATIENT })),
}

test('of 10,000 sessions on memory under concurrent writers loses nothing', { timeout: 60_000 }, async () => {
  const inner = createMemoryStore({ maxSessions: 20_000 })
  const result = await rotateUnderFire(() => inner, inner, { sessions: 10_000, writers: 8 })
  expect(result.lost).toEqual([])
  expect(result.left).toBe(0)
  expect(result.written).toBeGreaterThan(1000)
})

for (const [name, open] of Object.entries(openers))
  test.skipIf(!open)(
    `of sessions on ${name} under concurrent writers loses nothing`,
    { timeout: 60_000 },
    async () => {
      if (open === undefined) return
      const inner = open()
      const opened = [inner]
      const openOne = () => {
        const store = open()
        opened.push(store)
        return store
      }
      const result = await rotateUnderFire(openOne, inner, { sessions: 1000, writers: 8 })
      expect(result.lost).toEqual([])
      expect(result.left).toBe(0)
      expect(result.written).toBeGreaterThan(100)
      await Promise.all(opened.map((store) => store.close()))
    },
  )
