import type { SessionStore } from '@sess/core'
import { orSkip, startMysql } from '@sess/servers'
import { afterAll, describe, expect, test } from 'vitest'
import { createMysqlStore, type TlsOptions } from '../../src/index.ts'
import { stop } from '../harness.ts'

const server = await orSkip(() => startMysql({ flavour: 'mariadb', tls: true }))
afterAll(() => stop(server))

describe.skipIf(server === undefined)('TLS', () => {
  const connect = async (tls: TlsOptions, host = '127.0.0.1') => {
    const { port = 0, user = '', password = '', database = '' } = server ?? {}
    const store: SessionStore = createMysqlStore({ host, port, user, password, database, tls })
    try {
      return await store.count('u')
    } catch (error) {
      return (error as { code: string }).code
    } finally {
      await store.close()
    }
  }
  const { ca = '', cert = '', key = '' } = server?.tls ?? {}

  test('with the authority and a certificate of ours', async () => {
    expect(await connect({ ca, cert, key })).toBe(0)
  })

  test('a server whose authority is not known is refused, unless that is asked for', async () => {
    expect(await connect({ cert, key })).toBe('CONFIG_INVALID')
    expect(await connect({ cert, key, rejectUnauthorized: false })).toBe(0)
  })

  test('a server that wants TLS, or a certificate of ours, says so', async () => {
    expect(await connect(false)).toBe('CONFIG_INVALID')
    expect(await connect({ ca })).toBe('CONFIG_INVALID')
  })
})
