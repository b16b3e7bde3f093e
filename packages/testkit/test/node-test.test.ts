import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { lawGroups } from '../src/bind.ts'

/** Runs a fixture under Node's own runner. */
async function nodeTest(fixture: string): Promise<{ code: number | null; output: string }> {
  const file = fileURLToPath(new URL(`fixtures/${fixture}.ts`, import.meta.url))
  // Vitest's variables would make the child believe that it runs under vitest.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/VITEST|NODE_/.test(name)))
  const child = spawn(process.execPath, ['--import', 'tsx', '--test', '--test-reporter', 'tap', file], {
    env,
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}

describe('the binding to node:test', () => {
  it('passes with a store that keeps all laws, each of which is a test', { timeout: 120_000 }, async () => {
    const { code, output } = await nodeTest('node-keeping')
    expect(output).not.toMatch(/^\s*not ok/m)
    expect(code).toBe(0)
    for (const { laws } of lawGroups()) for (const { id } of laws) expect(output).toContain(`[${id}]`)
  })

  it('shows and prints what is skipped, with the reason', { timeout: 120_000 }, async () => {
    const { output } = await nodeTest('node-keeping')
    expect(output).toMatch(/ok \d+ - .*\[random\/as-the-reference\] # SKIP tried elsewhere/)
    expect(output).toContain('a store that keeps all: random/as-the-reference is skipped: tried elsewhere')
  })

  it('fails with a store that breaks a law, and names it', { timeout: 120_000 }, async () => {
    const { code, output } = await nodeTest('node-breaking')
    expect(code).toBe(1)
    expect(output).toMatch(/not ok \d+ - .*\[caps\//)
    expect(output).toMatch(/law caps\/[a-z-]+ is broken: /)
    expect(output).toMatch(/repeat with random: \{ seed: -?\d+, path: '/)
  })
})
