import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { freePort } from '../src/port.ts'

const PORTS = 700

/** What a thread of its own is given. */
async function portsOfAnother(): Promise<readonly number[]> {
  const module = JSON.stringify(new URL('../src/port.ts', import.meta.url).href)
  const source = `
    const { parentPort } = require('node:worker_threads')
    import('tsx/esm/api').then(async ({ tsImport }) => {
      const { freePort } = await tsImport(${module}, ${module})
      const ports = []
      for (let i = 0; i < ${PORTS}; i++) ports.push(await freePort())
      parentPort.postMessage(ports)
    })`
  const worker = new Worker(source, { eval: true })
  try {
    return await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject))
  } finally {
    await worker.terminate()
  }
}

test('who asks at the same time is given another one', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort))
  expect(new Set(ports).size).toBe(50)
})

test('nobody is given a port of another process or thread, however many it takes', async () => {
  const others = [portsOfAnother(), portsOfAnother()]
  const mine = new Set<number>()
  for (let i = 0; i < PORTS; i++) mine.add(await freePort())
  const [first, second] = (await Promise.all(others)).map((ports) => new Set(ports))
  if (!first || !second) expect.fail('no ports')
  const all = [mine, first, second]
  for (const ports of all) expect(ports.size).toBeGreaterThan(400)
  expect(new Set(all.flatMap((ports) => [...ports])).size).toBe(mine.size + first.size + second.size)
})
