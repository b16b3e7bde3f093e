import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { startMysql } from '../src/index.ts'
import { findMysql } from '../src/mysql-program.ts'
import { connect, describeMysql, lend, rowsOf } from './lend.ts'
import { testFlavour } from './mysql-suite.ts'

afterEach(() => vi.unstubAllEnvs())

await testFlavour('mariadb', /^1\d\.\d+\.\d+-MariaDB/)

const describeMariadb = await describeMysql('mariadb')
const startMariadb = () => lend(startMysql({ flavour: 'mariadb' }))

describeMariadb('startMysql', () => {
  test('gives each its own data', async () => {
    const [one, two] = await Promise.all([startMariadb(), startMariadb()])
    const connection = await connect({ uri: one.url })
    await connection.query('CREATE TABLE t (id INT PRIMARY KEY)')
    expect(await rowsOf(await connect({ uri: two.url }), 'SHOW TABLES')).toEqual([])
  })

  test('answers nothing while paused', async () => {
    const server = await startMariadb()
    const connection = await connect({ uri: server.url })
    server.pause()
    const answer = rowsOf(connection, 'SELECT 1')
    expect(await Promise.race([answer, sleep(200, 'silence')])).toBe('silence')
    server.resume()
    expect(await answer).toEqual([[1]])
  })

  test('stops for good, paused or not, and leaves nothing', async () => {
    const server = await startMysql({ flavour: 'mariadb' })
    const folder = dirname(server.socket ?? '')
    expect(existsSync(folder)).toBe(true)
    server.pause()
    await server.stop()
    expect(existsSync(folder)).toBe(false)
    await expect(connect({ uri: server.url })).rejects.toThrow('ECONNREFUSED')
    await server.stop()
  })

  test('says why a server does not start', async () => {
    await expect(startMysql({ config: { nonsense: '1' } })).rejects.toThrow(/ended at once[\s\S]*nonsense/)
  })
})

describeMariadb('SESS_MYSQL_URL', () => {
  test('is used by default, and not to be broken', async () => {
    const given = await startMariadb()
    const admin = await connect({ uri: given.url })
    await admin.query("CREATE USER 'a b' IDENTIFIED BY 'p/w'")
    await admin.query("GRANT ALL ON sess.* TO 'a b'")
    const url = `mysql://a%20b:p%2Fw@127.0.0.1:${given.port}/sess`
    vi.stubEnv('SESS_MYSQL_URL', url)
    const server = await lend(startMysql())
    const { flavour, version, port, database } = given
    expect(server).toMatchObject({ source: 'address', host: '127.0.0.1', flavour, version, port, url })
    expect(server).toMatchObject({ user: 'a b', password: 'p/w', database })
    expect(() => server.pause()).toThrow('not ours')
    await expect(server.kill()).rejects.toThrow('not ours')
    await server.stop()
    expect(await rowsOf(await connect({ uri: server.url }), 'SELECT 1')).toEqual([[1]])
  })

  test('is not used where a test says what it needs', async () => {
    vi.stubEnv('SESS_MYSQL_URL', 'mysql://root@127.0.0.1:1/sess')
    expect((await startMariadb()).source).not.toBe('address')
    await expect(startMysql()).rejects.toMatchObject({ name: 'NoServerError' })
  })
})

describeMariadb('PATH', { timeout: 120_000 }, () => {
  test('comes first where its server is the wanted one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sess-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { command } = await findMysql('mariadb')
    const [options, ...rest] = command.splice(command.indexOf('--no-defaults'))
    const script = `#!/bin/sh\nshift\nexec ${command.join(' ')} ${options} ${rest.join(' ')} "$@"\n`
    for (const name of ['mariadbd', 'mysqld']) {
      await writeFile(join(folder, name), script)
      await chmod(join(folder, name), 0o755)
    }
    vi.stubEnv('PATH', folder + delimiter + process.env.PATH)
    const server = await startMariadb()
    expect(server.source).toBe('path')
    expect(await rowsOf(await connect({ uri: server.url }), 'SELECT 1')).toEqual([[1]])
    expect((await findMysql('mysql')).source).toBe('packages')
  })
})
