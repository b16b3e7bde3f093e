import { orSkip, startRedis } from '@sess/servers'
import { afterAll, test } from 'vitest'
import { testOn } from './kit.ts'
import { redisHarness } from './servers.ts'

const server = await orSkip(() => startRedis())
afterAll(() => server?.stop())

if (server === undefined) test.skip('no Redis server could be had')
else testOn(`${server.flavour} ${server.version}`, redisHarness(server))
