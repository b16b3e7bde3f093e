import { defineConfig } from 'vitest/config'

// `pnpm test` and `pnpm test:full` each leave their own counts for .ci/run to sum.
const run = (process.env.npm_lifecycle_event ?? 'test').replaceAll(':', '-')
// What takes long, or breaks servers: the matrix of servers and the fault tests.
const full = 'test/full/**/*.test.ts'
const isFull = run === 'test-full'

/** The tests of every package; the current folder is the package. */
export default defineConfig({
  test: {
    include: isFull ? [full] : ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: isFull ? [] : [full],
    passWithNoTests: isFull,
    // Faults in sources are the business of `pnpm typecheck`; here only what type tests claim.
    typecheck: { enabled: !isFull, include: ['test/**/*.test-d.ts'], ignoreSourceErrors: true },
    reporters: ['default', 'json'],
    outputFile: { json: `.results/${run}.json` },
    retry: 0,
    // For a machine that does much else at once; nothing is asserted by it.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
