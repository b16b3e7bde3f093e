import * as sess from '@sess/core/default'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'

afterEach(() => sess.close())

describe('@sess/core/default', () => {
  it('serves a quick start', async () => {
    sess.initialize({ store: createMemoryStore() })
    const { id } = await sess.createSession('user123', { context: { a: 1 } })
    await sess.addMessage(id, { role: 'user', content: 'Hello, AI!' })
    await sess.addMessages(id, [{ id: 'm', role: 'user', content: '2' }])
    await sess.commit(id, { append: [{ role: 'user', content: '3' }] })
    await sess.amendMessage(id, 'm', { content: 'two' })
    expect((await sess.getMessages(id)).map((message) => message.content)).toEqual(['Hello, AI!', 'two', '3'])
    expect(await sess.popMessages(id)).toHaveLength(1)
    expect(await sess.cutMessages(id, { afterSeq: 1 })).toHaveLength(1)
    const seen: unknown[] = []
    for await (const message of sess.iterateMessages(id)) seen.push(message.content)
    expect(seen).toEqual(['Hello, AI!'])
    await sess.setContext(id, 'b', 2)
    expect(await sess.getContext(id, 'b')).toBe(2)
    await sess.deleteContext(id, 'a')
    expect((await sess.listContext(id)).entries).toEqual([['b', 2]])
    expect((await sess.updateSession(id, { metadata: { t: 'x' } })).metadata).toEqual({ t: 'x' })
    expect(await sess.extendTTL(id, 'never')).toBeNull()
    expect((await sess.getSession(id, { context: true })).context).toEqual({ b: 2 })
    for await (const { lastSeq } of sess.watchSession(id)) {
      expect(lastSeq).toBe(5)
      break
    }
    const lease = await sess.leaseSession(id, '1m')
    expect(await lease?.release()).toBe(true)
    expect(await sess.openSession('user123', id)).toMatchObject({ id })
    expect((await sess.listSessions('user123')).sessions).toHaveLength(1)
    expect(await sess.countUserSessions('user123')).toBe(1)
    expect(await sess.forUser('other').sessionExists(id)).toBe(false)
    expect(await sess.sessionExists(id)).toBe(true)
    expect(await sess.cleanup()).toBe(0)
    expect((await sess.getStats()).totalSessions).toBe(1)
    expect((await sess.health()).ok).toBe(true)
    sess.startCleanup('1h')
    sess.stopCleanup()
    expect(await sess.deleteSession(id)).toBe(true)
    expect(await sess.deleteUser('user123')).toBe(0)
  })

  it('has every call of the manager', async () => {
    const manager = sess.initialize({ store: createMemoryStore() })
    const members = new Set<string>()
    for (
      let level = Object.getPrototypeOf(manager);
      level !== Object.prototype;
      level = Object.getPrototypeOf(level)
    )
      for (const name of Object.getOwnPropertyNames(level)) if (name !== 'constructor') members.add(name)
    const functions = Object.keys(sess).filter((name) => !['initialize', 'defaultManager'].includes(name))
    expect(functions.sort()).toEqual([...members].sort())
  })

  it('is one manager, made once and closed once', async () => {
    const store = createMemoryStore()
    const close = vi.spyOn(store, 'close')
    const manager = sess.initialize({ store })
    expect(sess.defaultManager()).toBe(manager)
    expect(() => sess.initialize({ store })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(sess.defaultManager()).toBe(manager)
    await sess.close()
    await sess.close()
    expect(close).toHaveBeenCalledOnce()
    expect(sess.initialize({ store: createMemoryStore() })).not.toBe(manager)
  })

  it('is left as it was by an initialize that fails', async () => {
    expect(() => sess.initialize({ store: createMemoryStore(), defaultTtl: 'soon' })).toThrow()
    expect(sess.initialize({ store: createMemoryStore() })).toBe(sess.defaultManager())
  })

  it('can be initialized again although its close failed', async () => {
    const store = createMemoryStore()
    vi.spyOn(store, 'close').mockRejectedValueOnce(new Error('no answer'))
    sess.initialize({ store })
    await expect(sess.close()).rejects.toThrow('no answer')
    sess.initialize({ store: createMemoryStore() })
  })

  it('says before initialize what to do', async () => {
    expect(() => sess.defaultManager()).toThrow('call initialize({ store }) first')
    expect(() => sess.forUser('u')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('rejects before initialize where it would otherwise promise', async () => {
    const unset = { code: 'INVALID_ARGUMENT' }
    await expect(sess.createSession('u')).rejects.toMatchObject(unset)
    await expect(sess.getMessages('s')).rejects.toMatchObject(unset)
    await expect(sess.health()).rejects.toMatchObject(unset)
  })
})

describe('with two copies of the package in one process', () => {
  let twin: typeof sess
  beforeEach(async () => {
    vi.resetModules()
    twin = await import('@sess/core/default')
  })

  it('they share the manager', async () => {
    expect(twin.initialize).not.toBe(sess.initialize)
    const manager = twin.initialize({ store: createMemoryStore() })
    expect(sess.defaultManager()).toBe(manager)
    const { id } = await sess.createSession('u')
    expect(await twin.sessionExists(id)).toBe(true)
    expect(() => sess.initialize({ store: createMemoryStore() })).toThrow('already')
    await sess.close()
    expect(() => twin.defaultManager()).toThrow('initialize')
  })
})
