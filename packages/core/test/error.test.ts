import { inspect } from 'node:util'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  InvalidSessionError,
  isSessError,
  SESS_ERROR_CODES,
  SessError,
  SessionExpiredError,
  SessionNotFoundError,
  StoreUnavailableError,
} from '../src/contract/error.ts'

describe('SessError', () => {
  it('has the codes that callers compare, each once', () => {
    expect([...SESS_ERROR_CODES].sort()).toEqual([
      'CONFIG_INVALID',
      'CONFLICT',
      'CORRUPT_DATA',
      'DECRYPTION_FAILED',
      'INVALID_ARGUMENT',
      'LIMIT_EXCEEDED',
      'MESSAGE_LIMIT',
      'MESSAGE_NOT_FOUND',
      'SESSION_CLOSED',
      'SESSION_EXISTS',
      'SESSION_EXPIRED',
      'SESSION_NOT_FOUND',
      'STORE_CLOSED',
      'STORE_UNAVAILABLE',
      'UNSUPPORTED',
    ])
  })

  it.each(SESS_ERROR_CODES)('%s is retryable only when the store was not there', (code) => {
    expect(new SessError(code, 'm').retryable).toBe(code === 'STORE_UNAVAILABLE')
  })

  it('carries what it was given, and nothing that it was not', () => {
    const cause = new Error('driver')
    const full = new SessError('STORE_UNAVAILABLE', 'commit: no answer', {
      cause,
      sessionId: 's1',
      outcome: 'unknown',
      messageIds: ['m1'],
    })
    expect(full).toBeInstanceOf(Error)
    expect(full).toMatchObject({ name: 'SessError', code: 'STORE_UNAVAILABLE', message: 'commit: no answer' })
    expect(full).toMatchObject({ sessionId: 's1', outcome: 'unknown', messageIds: ['m1'] })
    expect(full.cause).toBe(cause)

    const bare = new SessError('CONFLICT', 'm')
    expect(bare.outcome).toBe('none')
    for (const absent of ['cause', 'sessionId', 'messageIds', 'current']) expect(absent in bare).toBe(false)
  })

  it('takes any value as its cause, null too', () => {
    expect(new SessError('CONFLICT', 'm', { cause: null }).cause).toBeNull()
    expect(new SessError('CONFLICT', 'm', { cause: 'text' }).cause).toBe('text')
  })

  it('shows the current state to code, but not to a log', () => {
    const secret = {
      id: 'm',
      seq: 1,
      role: 'user',
      content: 'a secret',
      metadata: {},
      createdAt: 1,
      version: 1,
    }
    const error = new SessError('CONFLICT', 'm', {
      current: { version: 3, lastSeq: 4, createdAt: 1, messages: [secret] },
    })
    expect(error.current).toEqual({ version: 3, lastSeq: 4, createdAt: 1, messages: [secret] })
    expect(Object.keys(error)).not.toContain('current')
    for (const log of [inspect(error, { depth: 9 }), JSON.stringify(error), JSON.stringify({ ...error })])
      expect(log).not.toContain('a secret')
  })

  it('shows code and outcome in a log', () => {
    const error = new SessError('STORE_UNAVAILABLE', 'm', { outcome: 'unknown', messageIds: ['m1'] })
    const logged = JSON.parse(JSON.stringify(error))
    expect(logged).toEqual({
      name: 'SessError',
      code: 'STORE_UNAVAILABLE',
      retryable: true,
      outcome: 'unknown',
      messageIds: ['m1'],
    })
  })
})

describe('isSessError', () => {
  it('knows the code', () => {
    const error = new SessError('CONFLICT', 'm')
    expect(isSessError(error)).toBe(true)
    expect(isSessError(error, 'CONFLICT')).toBe(true)
    expect(isSessError(error, 'SESSION_EXPIRED')).toBe(false)
  })

  it.each([
    ['an error with a code of its own', Object.assign(new Error('m'), { code: 'CONFLICT' })],
    ['an object like one', { name: 'SessError', code: 'CONFLICT', message: 'm' }],
    ['null', null],
    ['undefined', undefined],
    ['text', 'CONFLICT'],
  ])('does not take %s for one', (_, value) => {
    expect(isSessError(value)).toBe(false)
    expect(isSessError(value, 'CONFLICT')).toBe(false)
  })
})

describe('subclasses', () => {
  const kinds = [
    [SessionNotFoundError, 'SESSION_NOT_FOUND'],
    [SessionExpiredError, 'SESSION_EXPIRED'],
    [StoreUnavailableError, 'STORE_UNAVAILABLE'],
    [InvalidSessionError, 'INVALID_ARGUMENT'],
  ] as const

  it.each(kinds)('%o goes by the code', (kind, code) => {
    for (const other of SESS_ERROR_CODES)
      expect(new SessError(other, 'm') instanceof kind).toBe(other === code)
    expect(new Error('m') instanceof kind).toBe(false)
  })
})

describe('with two copies of this package in one process', () => {
  let twin: typeof import('../src/contract/error.ts')
  beforeAll(async () => {
    vi.resetModules()
    twin = await import('../src/contract/error.ts')
  })

  it('each knows the errors of the other', () => {
    expect(twin.SessError).not.toBe(SessError)
    const theirs = new twin.SessError('SESSION_NOT_FOUND', 'm')
    expect(isSessError(theirs, 'SESSION_NOT_FOUND')).toBe(true)
    expect(twin.isSessError(new SessError('CONFLICT', 'm'), 'CONFLICT')).toBe(true)
    expect(theirs).toBeInstanceOf(SessionNotFoundError)
    expect(theirs).toBeInstanceOf(SessError)
    class OwnError extends SessError {}
    expect(theirs).not.toBeInstanceOf(OwnError)
    expect(new SessError('CONFLICT', 'm')).not.toBeInstanceOf(OwnError)
    expect(new OwnError('CONFLICT', 'm')).toBeInstanceOf(OwnError)
    expect(theirs).not.toBeInstanceOf(SessionExpiredError)
  })
})
