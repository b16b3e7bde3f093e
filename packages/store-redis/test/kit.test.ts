import { orSkip, startRedis } from '@sess/servers'
import { testStore } from '@sess/testkit/vitest'
import { afterAll, describe, test } from 'vitest'
import { harnessOn } from './harness.ts'

const server = await orSkip(() => startRedis())
afterAll(() => server?.stop())

if (server === undefined) test.skip('no Redis server could be had')
else {
  console.info(`on ${server.flavour} ${server.version} (${server.source})`)
  // A hundred sequences are tried in `test:full`.
  describe('redis', () => testStore('redis', harnessOn(server), { random: { runs: 40 } }))
}
