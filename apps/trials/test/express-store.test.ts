import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SessionManager, type SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import express from 'express'
import session, { type SessionData } from 'express-session'
import { afterEach, describe, expect, test } from 'vitest'
import { SessExpressStore } from '../src/express-store.ts'
import { counting, interrupting, losing } from './support.ts'

declare module 'express-session' {
  interface SessionData {
    views: number
    list: number[]
  }
}

function open(store: SessionStore = createMemoryStore(), defaultTtlMs?: number) {
  const sessions = new SessionManager({ store })
  return new SessExpressStore(sessions, defaultTtlMs)
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serve(store: SessExpressStore, cookie: session.CookieOptions = { maxAge: 60_000 }) {
  const app = express()
  app.use(
    session({ store, secret: 'secret', resave: false, saveUninitialized: false, cookie, rolling: true }),
  )
  const gates = new Map<string, () => void>()
  const opened = new Map<string, Promise<void>>()
  const gate = (name: string) => {
    if (!opened.has(name)) opened.set(name, new Promise((resolve) => gates.set(name, resolve)))
    return opened.get(name)
  }
  app.get('/read', (req, res) => void res.json(req.session))
  app.get('/count', (req, res) => {
    req.session.views = (req.session.views ?? 0) + 1
    res.json(req.session)
  })
  app.get('/held/:gate/:action', async (req, res) => {
    const { gate: name, action } = req.params
    gates.get(`${name}-arrived`)?.()
    await gate(name)
    if (action === 'change') req.session.views = 100
    res.json(req.session)
  })
  app.get('/regenerate', (req, res) => {
    req.session.regenerate(() => {
      req.session.views = 7
      res.json(req.session)
    })
  })
  app.get('/destroy', (req, res) => {
    req.session.destroy(() => res.json(null))
  })
  app.get('/age/:ms', (req, res) => {
    req.session.cookie.maxAge = Number(req.params.ms)
    res.json(req.session)
  })
  const server = app.listen(0)
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const browser = () => {
    let jar: string | undefined
    return {
      get cookie() {
        return jar
      },
      async get(path: string) {
        const response = await fetch(base + path, { headers: jar === undefined ? {} : { cookie: jar } })
        jar = response.headers.getSetCookie()[0]?.split(';')[0] ?? jar
        return (await response.json()) as Partial<SessionData> & {
          cookie: { originalMaxAge: number; expires: string }
        }
      },
    }
  }
  return {
    browser,
    /** Sends a request that waits inside its handler, and answers when it is there. */
    async hold(who: ReturnType<typeof browser>, name: string, action: 'change' | 'touch') {
      gate(name)
      const arrived = gate(`${name}-arrived`)
      const done = who.get(`/held/${name}/${action}`)
      await arrived
      return async () => {
        gates.get(name)?.()
        return done
      }
    },
  }
}

const read = (store: SessExpressStore, sid: string) =>
  new Promise<SessionData | null | undefined>((resolve, reject) =>
    store.get(sid, (error, found) => (error ? reject(error) : resolve(found))),
  )
const sidOf = (cookie: string | undefined) =>
  decodeURIComponent(cookie ?? '')
    .split('s:')[1]
    ?.split('.')[0] as string
const done = (call: (callback: (error?: unknown) => void) => void) =>
  new Promise<void>((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
const cookie = (maxAge: number | null = 60_000) => {
  const made = new session.Cookie()
  made.expires = maxAge === null ? null : new Date(Date.now() + maxAge)
  // After `expires`, which makes it anew from another look at the clock.
  made.originalMaxAge = maxAge
  return made
}

describe('over HTTP', () => {
  test('a session is made, changed and read again, also by another process', async () => {
    const store = createMemoryStore()
    const browser = (await serve(open(store))).browser()
    expect((await browser.get('/count')).views).toBe(1)
    expect((await browser.get('/count')).views).toBe(2)
    expect((await browser.get('/read')).views).toBe(2)
    expect((await read(open(store), sidOf(browser.cookie)))?.views).toBe(2)
  })

  test('two browsers have two sessions, and one that was not changed is not stored', async () => {
    const store = createMemoryStore()
    const { browser } = await serve(open(store))
    const [a, b, c] = [browser(), browser(), browser()]
    await a.get('/count')
    await b.get('/count')
    await b.get('/count')
    await c.get('/read')
    expect((await a.get('/read')).views).toBe(1)
    expect((await b.get('/read')).views).toBe(2)
    expect((await store.list({ all: true, limit: 10 })).sessions).toHaveLength(2)
  })

  test('a touch renews the lifetime and keeps the data', async () => {
    let now = Date.now()
    const browser = (await serve(open(createMemoryStore({ now: () => now })))).browser()
    await browser.get('/count')
    for (let i = 0; i < 3; i++) {
      now += 40_000
      expect((await browser.get('/read')).views).toBe(1)
    }
  })

  test('a change renews the lifetime', async () => {
    let now = Date.now()
    const browser = (await serve(open(createMemoryStore({ now: () => now })))).browser()
    for (let i = 1; i <= 4; i++) {
      expect((await browser.get('/count')).views).toBe(i)
      now += 40_000
    }
  })

  test('an expired session is gone, and the next request gets a new one', async () => {
    let now = Date.now()
    const store = open(createMemoryStore({ now: () => now }))
    const browser = (await serve(store)).browser()
    await browser.get('/count')
    const old = sidOf(browser.cookie)
    now += 60_001
    expect(await read(store, old)).toBeNull()
    expect((await browser.get('/count')).views).toBe(1)
    expect(sidOf(browser.cookie)).not.toBe(old)
  })

  test('regenerate leaves the old session behind', async () => {
    const store = open()
    const browser = (await serve(store)).browser()
    await browser.get('/count')
    const old = sidOf(browser.cookie)
    expect((await browser.get('/regenerate')).views).toBe(7)
    expect((await browser.get('/read')).views).toBe(7)
    expect(sidOf(browser.cookie)).not.toBe(old)
    expect(await read(store, old)).toBeNull()
  })

  test('destroy ends it', async () => {
    const store = open()
    const browser = (await serve(store)).browser()
    await browser.get('/count')
    await browser.get('/destroy')
    expect(await read(store, sidOf(browser.cookie))).toBeNull()
    expect((await browser.get('/read')).views).toBeUndefined()
  })

  test('of two changes at once, the last to end stands whole', async () => {
    const { browser, hold } = await serve(open())
    const one = browser()
    await one.get('/count')
    const release = await hold(one, 'g', 'change')
    for (let i = 0; i < 3; i++) await one.get('/count')
    expect((await one.get('/read')).views).toBe(4)
    await release()
    expect((await one.get('/read')).views).toBe(100)
  })

  test('a touch never writes back what it read before another change', async () => {
    const { browser, hold } = await serve(open())
    const one = browser()
    await one.get('/count')
    const release = await hold(one, 'g', 'touch')
    await one.get('/count')
    expect((await release()).views).toBe(1)
    expect((await one.get('/read')).views).toBe(2)
  })

  test('a touch never brings a destroyed session back', async () => {
    const inner = createMemoryStore()
    const store = open(inner)
    const { browser, hold } = await serve(store)
    const one = browser()
    await one.get('/count')
    const sid = sidOf(one.cookie)
    const release = await hold(one, 'g', 'touch')
    await one.get('/destroy')
    await release()
    expect(await read(store, sid)).toBeNull()
    // Not even without its data.
    expect((await inner.list({ all: true, limit: 10 })).sessions).toEqual([])
  })

  test('the cookie and its first age are kept', async () => {
    const store = open()
    const browser = (await serve(store, { maxAge: 60_000, sameSite: 'lax', path: '/' })).browser()
    await browser.get('/count')
    const first = await browser.get('/read')
    await browser.get('/age/120000')
    const second = await browser.get('/read')
    expect(first.cookie).toMatchObject({ sameSite: 'lax', path: '/', httpOnly: true })
    // Each touch of the framework's reads the clock twice, and takes what lies between off the age.
    for (const [{ cookie }, age] of [
      [first, 60_000],
      [second, 120_000],
    ] as const) {
      expect(cookie.originalMaxAge).toBeLessThanOrEqual(age)
      expect(cookie.originalMaxAge).toBeGreaterThan(age - 1000)
    }
    expect(Date.parse(second.cookie.expires) - Date.parse(first.cookie.expires)).toBeGreaterThan(50_000)
  })

  test('a cookie without an end has the default lifetime', async () => {
    let now = Date.now()
    const browser = (await serve(open(createMemoryStore({ now: () => now }), 5000), {})).browser()
    await browser.get('/count')
    now += 4999
    expect((await browser.get('/count')).views).toBe(2)
    now += 5000
    expect((await browser.get('/count')).views).toBe(1)
  })

  test('a store that fails is an error of the request, not of the process', async () => {
    const inner = createMemoryStore()
    const browser = (await serve(open(inner))).browser()
    await browser.get('/count')
    await inner.close()
    await expect(browser.get('/read')).rejects.toThrow()
  })

  test('a lost answer is repeated, to the same end', async () => {
    const { store, lose, lost } = losing(createMemoryStore())
    const browser = (await serve(open(store))).browser()
    lose('create')
    await browser.get('/count')
    lose('commit')
    expect((await browser.get('/count')).views).toBe(2)
    lose('commit')
    expect((await browser.get('/read')).views).toBe(2)
    lose('delete')
    await browser.get('/destroy')
    expect(lost).toEqual(['create', 'commit', 'commit', 'delete'])
  })
})

test('each request costs what its changes need', async () => {
  const { store, take } = counting(createMemoryStore())
  const browser = (await serve(open(store))).browser()
  await browser.get('/count')
  // Refused, since there is none to change, then made and changed.
  expect(take()).toEqual({ load: 1, commit: 2, create: 1 })
  await browser.get('/count')
  expect(take()).toEqual({ load: 1, commit: 1 })
  await browser.get('/read')
  expect(take()).toEqual({ load: 1, commit: 1 })
  await browser.get('/destroy')
  expect(take()).toEqual({ load: 1, delete: 1 })
})

test('what is stored is a copy of what JSON keeps, with or without a cookie', async () => {
  const store = open()
  const value = {
    views: 1,
    list: [1],
    when: new Date(0),
    gone: undefined,
    __proto: 1,
  } as never as SessionData
  await done((callback) => store.set('s', value, callback))
  value.list?.push(2)
  const found = await read(store, 's')
  expect(found).toEqual({ views: 1, list: [1], when: '1970-01-01T00:00:00.000Z', __proto: 1 })
  found?.list?.push(3)
  expect((await read(store, 's'))?.list).toEqual([1])
  await done((callback) => store.set('s', { cookie: cookie(), views: 2, list: [] }, callback))
  expect((await read(store, 's'))?.cookie.originalMaxAge).toBe(60_000)
  await done((callback) => store.set('s', value, callback))
  expect((await read(store, 's'))?.cookie).toBeUndefined()
})

test('a cookie comes back exactly, as set and as touched', async () => {
  const store = open()
  const [first, second] = [cookie(60_000), cookie(120_000)]
  const stored = (made: session.Cookie) => JSON.parse(JSON.stringify(made))
  await done((callback) => store.set('s', { cookie: first, views: 1, list: [] }, callback))
  expect(await read(store, 's')).toEqual({ cookie: stored(first), views: 1, list: [] })
  await done((callback) => store.touch('s', { cookie: second, views: 9, list: [9] }, callback))
  expect(await read(store, 's')).toEqual({ cookie: stored(second), views: 1, list: [] })
  expect((await read(store, 's'))?.cookie.originalMaxAge).toBe(120_000)
})

test('a session set with a cookie of the past is destroyed', async () => {
  const store = open()
  await done((callback) => store.set('s', { cookie: cookie(), views: 1, list: [] }, callback))
  await done((callback) => store.set('s', { cookie: cookie(-1), views: 2, list: [] }, callback))
  expect(await read(store, 's')).toBeNull()
})

test('sets at once make one session, whole', async () => {
  const store = createMemoryStore()
  const set = (views: number) =>
    done((callback) => open(store).set('s', { cookie: cookie(), views, list: [views] }, callback))
  await Promise.all(Array.from({ length: 20 }, (_, i) => set(i)))
  const found = await read(open(store), 's')
  expect(found?.list).toEqual([found?.views])
  expect((await store.list({ all: true, limit: 10 })).sessions).toHaveLength(1)
})

test('a set whose session is destroyed between its two steps makes it again', async () => {
  const inner = createMemoryStore()
  const { store, before } = interrupting(inner)
  const set = (on: SessionStore, views: number) =>
    done((callback) => open(on).set('s', { cookie: cookie(), views, list: [] }, callback))
  // Made by another just before ours is, and destroyed before ours is repeated.
  before('create', () => set(inner, 1))
  before('load', () => done((callback) => open(inner).destroy('s', callback)))
  await set(store, 2)
  expect((await read(open(inner), 's'))?.views).toBe(2)
})

test('all, length and clear see what has not expired, and nobody else', async () => {
  let now = Date.now()
  const inner = createMemoryStore({ now: () => now })
  const other = await new SessionManager({ store: inner }).createSession(null)
  const store = open(inner)
  const set = (sid: string, maxAge: number) =>
    done((callback) => store.set(sid, { cookie: cookie(maxAge), views: 1, list: [] }, callback))
  for (let i = 0; i < 120; i++) await set(`s${i}`, 60_000)
  for (const sid of ['__proto__', 'short']) await set(sid, sid === 'short' ? 1000 : 60_000)
  now += 2000
  const ask = <T>(call: (callback: (error: unknown, value?: T) => void) => void) =>
    new Promise<T | undefined>((resolve, reject) => call((e, value) => (e ? reject(e) : resolve(value))))
  expect(await ask((callback) => store.length(callback))).toBe(121)
  const all = (await ask((callback) => store.all(callback))) as object
  expect(Object.keys(all)).toHaveLength(121)
  expect(Object.hasOwn(all, '__proto__')).toBe(true)
  await done((callback) => store.clear(callback))
  expect(await ask((callback) => store.length(callback))).toBe(0)
  expect((await inner.load(other.id)).session.id).toBe(other.id)
})

test('each callback comes once, later, and what it throws does not come back as a second call', async () => {
  const inner = createMemoryStore()
  const store = open(inner)
  const value = { cookie: cookie(), views: 1, list: [] }
  const calls = {
    set: (callback: () => void) => store.set('s', value, callback),
    get: (callback: () => void) => store.get('s', callback),
    touch: (callback: () => void) => store.touch('s', value, callback),
    all: (callback: () => void) => store.all(callback),
    length: (callback: () => void) => store.length(callback),
    destroy: (callback: () => void) => store.destroy('s', callback),
    clear: (callback: () => void) => store.clear(callback),
  }
  const thrown: string[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => thrown.push(error.message))
  try {
    for (const closed of [false, true]) {
      if (closed) await inner.close()
      for (const [name, call] of Object.entries(calls)) {
        let times = 0
        const called = new Promise<void>((resolve) =>
          call(() => {
            times++
            resolve()
            throw new Error(name)
          }),
        )
        expect(times, name).toBe(0)
        await called
        // A second call would be queued by now.
        await new Promise(setImmediate)
        await new Promise(setImmediate)
        expect(times, name).toBe(1)
      }
    }
    expect(thrown).toEqual([...Object.keys(calls), ...Object.keys(calls)])
    // Without a callback, failures too.
    store.set('s', value)
    store.touch('s', value)
    store.destroy('s')
    store.clear()
    await new Promise(setImmediate)
    expect(thrown).toHaveLength(14)
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
})
