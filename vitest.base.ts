import { defineConfig } from 'vitest/config'

// `pnpm test` and `pnpm test:full` each leave their own counts for .ci/run to sum.
const run = (process.env.npm_lifecycle_event ?? 'test').replaceAll(':', '-')

/** The tests of every package; the current folder is the package. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Faults in sources are the business of `pnpm typecheck`; here only what type tests claim.
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], ignoreSourceErrors: true },
    reporters: ['default', 'json'],
    outputFile: { json: `.results/${run}.json` },
    retry: 0,
  },
})
