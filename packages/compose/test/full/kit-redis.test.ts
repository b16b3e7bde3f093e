import { orSkip, startRedis } from '@sess/servers'
import { testStore } from '@sess/testkit/vitest'
import { afterAll, describe, test } from 'vitest'
import { behind, triedWays } from './full-ways.ts'
import { redisHarness } from './harness.ts'

const server = await orSkip(() => startRedis())
if (server === undefined) test.skip('no Redis server could be had')
else
  describe(`${server.flavour} ${server.version}`, () => {
    afterAll(() => server.stop())
    for (const [name, { way, skip }] of triedWays())
      testStore(`${name} on redis`, behind(redisHarness(server), way), { skip, random: { runs: 10 } })
  })
