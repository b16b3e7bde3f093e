import { type Certificates, orSkip } from '@sess/servers'
import { afterAll, describe, expect, test } from 'vitest'
import type { LoadOptions } from '../src/index.ts'
import { NOTHING, open } from './open.ts'
import { file, ways } from './ways.ts'

interface TlsServer {
  readonly tls?: Certificates
  stop(): Promise<void>
}

/**
 * The keys `store.<type>.tls`, each by its effect on a server that speaks TLS alone, and wants a certificate of ours.
 * @param at the way to it, without these keys; `more` is of the same section
 * @param brief keys by which a call that waits in vain ends soon
 */
export function describeTls<S extends TlsServer>(
  type: string,
  start: () => Promise<S>,
  at: (server: S | undefined, more?: object) => LoadOptions['overrides'],
  brief: object = {},
): void {
  describe('tls', async () => {
    const [secure, stranger] = [await orSkip(start), await orSkip(start)]
    afterAll(() => Promise.all([secure?.stop(), stranger?.stop()]))
    const works = async (way: Parameters<typeof open>[0], more?: object) =>
      (await (await open(way, at(secure, more))).health()).ok
    const key = (name: string) => `store.${type}.tls.${name}`
    const pem = (text = '') => file(text, 'pem')
    const ours = { [key('cert_file')]: pem(secure?.tls?.cert), [key('key_file')]: pem(secure?.tls?.key) }
    const authority = (of = secure) => ({ [key('ca_file')]: pem(of?.tls?.ca) })
    const on = { [key('enabled')]: true }

    test.each(ways({ ...on, ...ours, ...authority() }))(
      '%s: with its authority, and a certificate of ours',
      async (_, way) => {
        expect(await works(way)).toBe(true)
      },
    )
    test.each(ways({ ...on, ...ours, ...authority(stranger) }))(
      'ca_file %s: of another, it is refused',
      async (_, way) => {
        expect(await works(way)).toBe(false)
      },
    )
    const unverified = { ...authority(stranger), [key('insecure_skip_verify')]: true }
    test.each(ways({ ...on, ...ours, ...unverified }))(
      'insecure_skip_verify %s: it is taken all the same',
      async (_, way) => {
        expect(await works(way)).toBe(true)
      },
    )
    test.each(ways({ ...on, ...ours }))('ca_file is none by default: %s, it is refused', async (_, way) => {
      expect(await works(way)).toBe(false)
    })
    test.each(ways({ ...on, ...authority() }))(
      'cert_file, key_file are none by default: %s, the server refuses us',
      async (_, way) => {
        expect(await works(way)).toBe(false)
      },
    )
    const off = { [key('enabled')]: false, ...ours, ...authority() }
    test.each([...ways(off), ['by default', NOTHING] as const])(
      'enabled: off %s, it does not work',
      async (_, way) => {
        expect(await works(way, brief)).toBe(false)
      },
    )
  })
}
