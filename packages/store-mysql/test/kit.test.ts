import { orSkip, startMysql } from '@sess/servers'
import { testStore } from '@sess/testkit/vitest'
import { afterAll, describe, test } from 'vitest'
import { harnessOn, stop } from './harness.ts'

const server = await orSkip(() => startMysql())
afterAll(() => stop(server))

if (server === undefined) test.skip('no MySQL server could be had')
else {
  console.info(`on ${server.flavour} ${server.version} (${server.source})`)
  // More sequences are tried in `test:full`.
  describe('mysql', () => testStore('mysql', harnessOn(server), { random: { runs: 10 } }))
}
