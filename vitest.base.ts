import { defineConfig } from 'vitest/config'

// `pnpm test` and `pnpm test:full` each leave their own counts for .ci/run to sum.
const run = (process.env.npm_lifecycle_event ?? 'test').replaceAll(':', '-')
// What takes long, or breaks servers: the matrix of servers and the fault tests.
const full = 'test/full/**/*.test.ts'
const isFull = run === 'test-full'

/** The tests of every package; the current folder is the package. Those of types (`*.test-d.ts`) are what `pnpm typecheck` compiles. */
export default defineConfig({
  test: {
    include: isFull ? [full] : ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: isFull ? [] : [full],
    passWithNoTests: isFull,
    reporters: ['default', 'json'],
    outputFile: { json: `.results/${run}.json` },
    retry: 0,
    // For a machine that does much else at once; nothing is asserted by it.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 25_000 } },
  },
})
