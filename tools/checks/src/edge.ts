import { join } from 'node:path'
import { createContext, Script } from 'node:vm'
import { type BuildFailure, build } from 'esbuild'
import { packagesOf, type Report } from './workspace.ts'

/** What runs: a service on the edge, in short. */
const SERVICE = `
import { SessionManager } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'

globalThis.serve = async () => {
  const sessions = new SessionManager({ store: createMemoryStore() })
  const { id } = await sessions.createSession('user123', { metadata: { title: 'Trip to Rome' } })
  await sessions.addMessage(id, { role: 'user', content: 'Hello, AI!' })
  await sessions.commit(id, { append: [{ role: 'assistant', content: { text: 'á' } }], set: [['city', 'Rome']] })
  const { messages, context, metadata, lastSeq } = await sessions.getSession(id, {
    context: true,
    messages: { last: 10 },
  })
  await sessions.close()
  return JSON.stringify({ said: messages.map(({ content }) => content), context, metadata, lastSeq })
}`
const WANTED = {
  said: ['Hello, AI!', { text: 'á' }],
  context: { city: 'Rome' },
  metadata: { title: 'Trip to Rome' },
  lastSeq: 2,
}

/** Core and the memory store, built before, in one bundle without Node's modules, run where there are none of Node's globals. */
export async function checkEdge(root: string): Promise<Report> {
  try {
    const code = await bundle(root)
    const said = JSON.stringify(JSON.parse(await run(code)))
    const wanted = JSON.stringify(WANTED)
    const faults = said === wanted ? [] : [`the service answers ${said}: it should ${wanted}`]
    return { looked: `a bundle of ${code.length} bytes`, faults }
  } catch (error) {
    const { errors, message } = error as Partial<BuildFailure> & Error
    const told = errors?.map(({ text, location }) => `${location?.file ?? ''}: ${text}`).join('\n')
    return { looked: 'a bundle', faults: [`core and memory do not run on the edge: ${told ?? message}`] }
  }
}

async function bundle(root: string): Promise<string> {
  const built = packagesOf(root).flatMap(({ path, manifest }) =>
    Object.entries(manifest.publishConfig?.exports ?? {}).map(([entry, target]) => [
      manifest.name + entry.slice(1),
      join(root, path, target.default),
    ]),
  )
  const { outputFiles } = await build({
    stdin: { contents: SERVICE, resolveDir: root },
    absWorkingDir: root,
    alias: Object.fromEntries(built),
    bundle: true,
    minify: true,
    platform: 'neutral',
    target: 'es2022',
    format: 'iife',
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

async function run(code: string): Promise<string> {
  // What every such runtime has, and this service needs; timers as there: numbers, which have no `unref`.
  const { crypto, TextEncoder, TextDecoder, AbortController, AbortSignal, queueMicrotask } = globalThis
  const timers = {
    setTimeout: () => 1,
    clearTimeout: () => {},
    setInterval: () => 1,
    clearInterval: () => {},
  }
  const web = { crypto, TextEncoder, TextDecoder, AbortController, AbortSignal, queueMicrotask, ...timers }
  const realm = createContext({ ...web })
  new Script(code).runInContext(realm)
  return new Script('serve()').runInContext(realm, { timeout: 10_000 }) as Promise<string>
}
