import { join } from 'node:path'
import { checkDocs } from './docs.ts'
import { checkLayers } from './layers.ts'
import { checkLockfile } from './lockfile.ts'
import { checkPackages } from './packages.ts'
import { checkTemplate } from './template.ts'
import type { Report } from './workspace.ts'

const checks: Record<string, (root: string) => Report | Promise<Report>> = {
  template: checkTemplate,
  layers: checkLayers,
  docs: checkDocs,
  lockfile: checkLockfile,
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
  console.log(`${faults.length ? 'FAIL' : 'ok  '}  ${name.padEnd(9)} ${looked}`)
  for (const fault of faults) console.log(`      ${fault.trimEnd().replaceAll('\n', '\n      ')}`)
  if (faults.length) process.exitCode = 1
}
