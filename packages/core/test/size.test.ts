import { fileURLToPath } from 'node:url'
import { createContext, Script } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'

const MAX_BYTES = 10 * 1024
let code: string

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "import { SessionManager } from '../src/index.ts'; globalThis.SessionManager = SessionManager",
      resolveDir: fileURLToPath(new URL('../src', import.meta.url)),
    },
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'neutral',
    target: 'es2022',
    write: false,
  })
  code = outputFiles[0]?.text as string
})

describe('a bundle with SessionManager', () => {
  it(`is at most ${MAX_BYTES} bytes small, minified and gzipped`, () => {
    const { length } = gzipSync(code, { level: 9 })
    console.log(`SessionManager: ${length} bytes gzipped, ${code.length} minified, limit ${MAX_BYTES}`)
    // Less than this is no bundle of it.
    expect(length).toBeGreaterThan(3000)
    expect(length).toBeLessThanOrEqual(MAX_BYTES)
  })

  it('runs where there is nothing of Node: no process, no Buffer, no require', async () => {
    const { crypto, TextEncoder, AbortController, clearTimeout } = globalThis
    // Timers as browsers give them: numbers, which have no unref.
    const timers = { setTimeout: () => 1, setInterval: () => 1, clearInterval: () => {}, clearTimeout }
    const realm = createContext({ crypto, TextEncoder, AbortController, ...timers })
    new Script(code).runInContext(realm)
    const run = new Script(`(async () => {
      const calls = []
      const record = (method) => async (...args) => {
        calls.push(method)
        return { session: {}, messages: args[1]?.append ?? [] }
      }
      const store = {
        info: { name: 'x' },
        create: record('create'), commit: record('commit'), load: record('load'), close: record('close'),
      }
      const sessions = new SessionManager({ store })
      await sessions.createSession('user123', { ttl: '2h', context: { a: [1] } })
      const { id } = await sessions.addMessage('s', { role: 'user', content: { text: 'Hello' } })
      await sessions.getSession('s', { messages: { last: 5 } })
      sessions.startCleanup('1h')
      await sessions.close()
      return JSON.stringify({ calls, id, node: [typeof process, typeof Buffer, typeof require] })
    })()`)
    const { calls, id, node } = JSON.parse((await run.runInContext(realm)) as string)
    expect(node).toEqual(['undefined', 'undefined', 'undefined'])
    expect(calls).toEqual(['create', 'commit', 'load', 'close'])
    expect(id).toMatch(/^msg_/)
  })
})
