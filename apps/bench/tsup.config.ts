import { defineConfig } from 'tsup'

// What is measured is what the packages' builds run. tsx would not do: it wraps each named inner function in a call
// that keeps its name, which is not free in a hot path.
export default defineConfig({
  entry: ['src/main.ts'],
  format: 'esm',
  target: 'es2022',
  noExternal: [/^@sess\//],
  clean: true,
  silent: true,
})
