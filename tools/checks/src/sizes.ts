import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { packagesOf, type Report } from './workspace.ts'

/** Bytes that each entry point may have at most. */
const BUDGET = 'tools/checks/sizes.json'

/** No entry point, built before, is larger than its budget: minified and gzipped, with its own chunks and without other packages. */
export async function checkSizes(root: string): Promise<Report> {
  const budget = JSON.parse(readFileSync(join(root, BUDGET), 'utf8')) as { [entry: string]: number }
  const entries = packagesOf(root).flatMap(({ path, manifest }) =>
    Object.entries(manifest.publishConfig?.exports ?? {}).map(([entry, target]) => ({
      name: manifest.name + entry.slice(1),
      file: join(path, target.default),
    })),
  )
  const found = await Promise.all(
    entries.map(async ({ name, file }) => {
      if (!existsSync(join(root, file))) return [`${file} does not exist: build first`]
      return judge(name, await sizeOf(join(root, file)), budget[name])
    }),
  )
  const gone = Object.keys(budget).filter((name) => !entries.some((entry) => entry.name === name))
  const faults = [...found.flat(), ...gone.map((name) => `${BUDGET}: ${name} is no entry point: take it out`)]
  return { looked: `${entries.length} entry points`, faults }
}

function judge(name: string, size: number, most: number | undefined): string[] {
  if (most === undefined) return [`${BUDGET}: ${name} has no budget: add it; it has ${size} bytes`]
  if (size <= most) return []
  return [`${name} has ${size} bytes, its budget is ${most}: make it smaller, or raise that in ${BUDGET}`]
}

async function sizeOf(file: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'es2022',
    format: 'esm',
    minify: true,
    write: false,
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}
