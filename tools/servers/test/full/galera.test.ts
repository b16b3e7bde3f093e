import { expect, test } from 'vitest'
import { startGalera } from '../../src/index.ts'
import { until } from '../../src/until.ts'
import { connect, describeMysql, lend, rowsOf } from '../lend.ts'

/** A read sees what any node acknowledged before. */
const waiting = { 'wsrep-sync-wait': '1' }
const ids = 'SELECT id FROM t ORDER BY id'

;(await describeMysql('mariadb'))('startGalera', { timeout: 120_000 }, () => {
  test('each node takes writes and has all of them', async () => {
    const { nodes } = await lend(startGalera({ config: waiting }))
    const connections = await Promise.all(nodes.map(({ url }) => connect({ uri: url })))
    expect(connections).toHaveLength(3)
    const [first] = connections
    await first?.query('CREATE TABLE t (id INT PRIMARY KEY)')
    for (const [id, connection] of connections.entries())
      await connection.query('INSERT INTO t VALUES (?)', [id])
    for (const connection of connections) {
      expect(await rowsOf(connection, ids)).toEqual([[0], [1], [2]])
      expect(await rowsOf(connection, 'SELECT @@wsrep_sync_wait')).toEqual([[1]])
    }
  })

  test('a node that was away gets what it missed', async () => {
    const { nodes } = await lend(startGalera({ config: waiting }))
    const [first, second, third] = nodes
    if (!first || !second || !third) expect.fail('no nodes')
    const connection = await connect({ uri: second.url })
    await connection.query('CREATE TABLE t (id INT PRIMARY KEY)')
    for (const { url } of nodes) expect(await rowsOf(await connect({ uri: url }), ids)).toEqual([])

    await first.kill()
    await connection.query('INSERT INTO t VALUES (1)')
    await first.restart()
    expect(await rowsOf(await connect({ uri: first.url }), ids)).toEqual([[1]])

    third.pause()
    await connection.query('INSERT INTO t VALUES (2)')
    third.resume()
    const seen = async () => (await rowsOf(await connect({ uri: third.url }), ids)).length === 2
    await until('its return', seen, 60_000)
  })

  test('a cluster of which nothing ran any more comes back whole', async () => {
    const { nodes } = await lend(startGalera({ config: waiting }))
    const [first] = nodes
    const connection = await connect({ uri: first?.url ?? '' })
    await connection.query('CREATE TABLE t (id INT PRIMARY KEY)')
    await connection.query('INSERT INTO t VALUES (1)')
    for (const { url } of nodes) expect(await rowsOf(await connect({ uri: url }), ids)).toEqual([[1]])
    await Promise.all(nodes.map((node) => node.kill()))
    await Promise.all(nodes.map((node) => node.restart()))
    for (const { url } of nodes) expect(await rowsOf(await connect({ uri: url }), ids)).toEqual([[1]])
  })
})
