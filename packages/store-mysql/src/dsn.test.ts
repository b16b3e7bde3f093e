import { expect, test } from 'vitest'
import { parseAddress } from './dsn.ts'

test.each([
  ['mysql://u:p@db:3307/app', { host: 'db', port: 3307, user: 'u', password: 'p', database: 'app' }],
  ['mariadb://db', { host: 'db' }],
  ['mysql://u%40x:p%2F%3A@[::1]/a%20b', { host: '::1', user: 'u@x', password: 'p/:', database: 'a b' }],
  ['mysql://db/app?tls=true', { host: 'db', database: 'app', tls: true }],
  [
    'user:pass@tcp(host:3306)/db?parseTime=true&charset=utf8mb4&loc=UTC',
    { host: 'host', port: 3306, user: 'user', password: 'pass', database: 'db' },
  ],
  ['/', {}],
  ['user@/db', { user: 'user', database: 'db' }],
  ['user:p@ss:w/rd@tcp(host)/db', { host: 'host', user: 'user', password: 'p@ss:w/rd', database: 'db' }],
  ['u:@tcp([::1]:3306)/', { host: '::1', port: 3306, user: 'u', password: '' }],
  ['u@unix(/run/my.sock)/db', { socketPath: '/run/my.sock', user: 'u', database: 'db' }],
  [
    'u@tcp(h)/db?tls=skip-verify&timeout=2s&readTimeout=3s&writeTimeout=4s',
    {
      ...{ host: 'h', user: 'u', database: 'db', tls: { rejectUnauthorized: false } },
      ...{ connectTimeout: '2s', timeouts: ['3s', '4s'] },
    },
  ],
])('%s', (url, address) => {
  expect(parseAddress(url)).toEqual(address)
})

test.each([
  'host:3306',
  'u@udp(host)/db',
  'u@tcp(a:b:c)/db',
  'mysql://u:secret@h:port/db',
  'u:secret@tcp(h)/db?speed=1',
  'u:secret@tcp(h)/db?tls=maybe',
])('%s is refused, and nothing secret is told', (url) => {
  expect(() => parseAddress(url)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  expect(() => parseAddress(url)).not.toThrow(/secret/)
})
