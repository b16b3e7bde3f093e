import { join } from 'node:path'
import { checkApi } from './api.ts'
import { checkArchitecture } from './architecture.ts'
import { checkDocs } from './docs.ts'
import { checkEdge } from './edge.ts'
import { checkLayers } from './layers.ts'
import { checkLockfile } from './lockfile.ts'
import { checkPackages } from './packages.ts'
import { checkSizes } from './sizes.ts'
import { checkTemplate } from './template.ts'
import { checkUnused } from './unused.ts'
import type { Report } from './workspace.ts'

const checks: Record<string, (root: string) => Report | Promise<Report>> = {
  template: checkTemplate,
  layers: checkLayers,
  architecture: checkArchitecture,
  docs: checkDocs,
  lockfile: checkLockfile,
  unused: checkUnused,
  api: checkApi,
  sizes: checkSizes,
  edge: checkEdge,
  packages: checkPackages,
}

const root = join(import.meta.dirname, '../../..')
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in checks))
if (unknown.length)
  throw new Error(`No check ${unknown.join(', ')}: there are ${Object.keys(checks).join(', ')}`)

for (const [name, check] of Object.entries(checks)) {
  if (wanted.length && !wanted.includes(name)) continue
  const { looked, faults } = await check(root)
  console.log(`${faults.length ? 'FAIL' : 'ok  '}  ${name.padEnd(12)} ${looked}`)
  for (const fault of faults) console.log(`      ${fault.trimEnd().replaceAll('\n', '\n      ')}`)
  if (faults.length) process.exitCode = 1
}
