import { existsSync, readFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

/** The build of every package: each entry of `publishConfig.exports` comes from the file of that name in `src`; what lies in `src/public` is published as it is. */
export default defineConfig(() => {
  const { publishConfig } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    publishConfig: { exports: Record<string, { default: string }> }
  }
  return {
    entry: Object.values(publishConfig.exports).map((target) =>
      target.default.replace(/^\.\/dist\/(.+)\.js$/, 'src/$1.ts'),
    ),
    format: 'esm',
    target: 'es2022',
    dts: true,
    splitting: true,
    publicDir: existsSync('src/public') ? 'src/public' : false,
    clean: true,
    silent: true,
  }
})
