import { expect, test } from 'vitest'
import { type MysqlFlavour, startMysql } from '../src/index.ts'
import { connect, describeMysql, lend, rowsOf } from './lend.ts'

/** What a server of either flavour must do. */
export async function testFlavour(flavour: MysqlFlavour, version: RegExp): Promise<void> {
  const describeFlavour = await describeMysql(flavour)
  describeFlavour(`startMysql with ${flavour}`, { timeout: 120_000 }, () => {
    test('gives a server that works and keeps port and data over a kill', async () => {
      const server = await lend(startMysql({ flavour }))
      expect(server).toMatchObject({
        ...{ flavour, host: '127.0.0.1', version: expect.stringMatching(version) },
        url: `mysql://root@127.0.0.1:${server.port}/sess`,
      })
      const { user, password, database, socket = '' } = server
      const local = await connect({ user, password, database, socketPath: socket })
      const says = 'VERSION(), DATABASE(), @@innodb_flush_log_at_trx_commit'
      expect(await rowsOf(local, `SELECT ${says}`)).toEqual([[server.version, 'sess', 2]])
      await local.query('CREATE TABLE t (id INT PRIMARY KEY)')
      await local.query('INSERT INTO t VALUES (1)')

      await server.kill()
      await expect(connect({ uri: server.url })).rejects.toThrow('ECONNREFUSED')
      await server.restart()
      expect(await rowsOf(await connect({ uri: server.url }), 'SELECT id FROM t')).toEqual([[1]])
    })

    test('takes options, over its own ones too', async () => {
      const config = {
        ...{ 'character-set-server': 'latin1', 'default-time-zone': '+05:30', 'sql-mode': '' },
        ...{ 'transaction-isolation': 'READ-COMMITTED', 'max-connections': '17' },
        ...{ 'innodb-flush-log-at-trx-commit': '1', 'log-bin': 'binlog', 'innodb-buffer-pool-size': '32M' },
      }
      const { url } = await lend(startMysql({ flavour, config }))
      const connection = await connect({ uri: url })
      const names = ['character_set_database', 'time_zone', 'GLOBAL.sql_mode', 'max_connections', 'log_bin']
      const more = ['innodb_flush_log_at_trx_commit', 'innodb_buffer_pool_size']
      const values = [...names, ...more].map((name) => `@@${name}`).join()
      expect(await rowsOf(connection, `SELECT ${values}`)).toEqual([
        ['latin1', '+05:30', '', 17, 1, 1, 32 << 20],
      ])
      const isolation = "SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')"
      expect((await rowsOf(connection, isolation))[0]?.[1]).toBe('READ-COMMITTED')
    })

    test('speaks TLS, and to clients with a certificate only', async () => {
      const { url: uri, tls } = await lend(startMysql({ flavour, tls: true }))
      if (!tls) expect.fail('no certificates')
      const { ca, cert, key } = tls
      const connection = await connect({ uri, ssl: { ca, cert, key } })
      const [[, cipher] = []] = await rowsOf(connection, "SHOW STATUS LIKE 'Ssl_cipher'")
      expect(cipher).not.toBe('')
      await expect(connect({ uri, ssl: { ca } })).rejects.toThrow('Access denied')
      await expect(connect({ uri, ssl: { cert, key } })).rejects.toThrow('certificate')
      await expect(connect({ uri })).rejects.toThrow()
    })
  })
}
