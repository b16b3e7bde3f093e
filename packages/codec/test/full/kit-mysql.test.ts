import { orSkip, startMysql } from '@sess/servers'
import { afterAll, test } from 'vitest'
import { testOn } from './kit.ts'
import { mysqlHarness, poolOf } from './servers.ts'

const server = await orSkip(() => startMysql())

if (server === undefined) test.skip('no MySQL server could be had')
else {
  const look = poolOf(server)
  afterAll(async () => {
    await look.end()
    await server.stop()
  })
  testOn(`${server.flavour} ${server.version}`, mysqlHarness(server, look))
}
