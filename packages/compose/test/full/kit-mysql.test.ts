import { orSkip, startMysql } from '@sess/servers'
import { testStore } from '@sess/testkit/vitest'
import { afterAll, describe, test } from 'vitest'
import { behind, triedWays } from './full-ways.ts'
import { mysqlHarness } from './harness.ts'

const server = await orSkip(() => startMysql())
if (server === undefined) test.skip('no MySQL server could be had')
else
  describe(`${server.flavour} ${server.version}`, () => {
    afterAll(() => server.stop())
    for (const [name, { way, skip }] of triedWays())
      testStore(`${name} on mysql`, behind(mysqlHarness(server), way), { skip, random: { runs: 10 } })
  })
