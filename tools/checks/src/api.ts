import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiReport } from './api-report.ts'
import { type Project, packagesOf, type Report } from './workspace.ts'

const report = ({ path }: Project) => `${path}/api.md`

/** The public types, built before, are those that each package's committed `api.md` shows. */
export function checkApi(root: string): Report {
  const packages = packagesOf(root)
  return {
    looked: `${packages.length} reports`,
    faults: packages.flatMap((project) => compare(root, project)),
  }
}

/** Writes every package's report. */
export function writeApi(root: string): void {
  for (const project of packagesOf(root)) {
    const faults = unbuilt(root, project)
    if (faults.length) throw new Error(faults.join('\n'))
    writeFileSync(join(root, report(project)), apiReport(root, project))
  }
}

function compare(root: string, project: Project): string[] {
  const faults = unbuilt(root, project)
  if (faults.length) return faults
  const file = join(root, report(project))
  const [was, is] = [existsSync(file) ? readFileSync(file, 'utf8') : '', apiReport(root, project)].map(
    (text) => text.split('\n'),
  ) as [string[], string[]]
  const at = is.findIndex((line, index) => line !== was[index])
  if (at < 0 && was.length === is.length) return []
  const line = at < 0 ? is.length : at
  const differs = `- ${was[line] ?? ''}\n+ ${is[line] ?? ''}`
  return [
    `${report(project)}:${line + 1}: public types differ: run pnpm api and review what it changed\n${differs}`,
  ]
}

function unbuilt(root: string, { path, manifest }: Project): string[] {
  return Object.values(manifest.publishConfig?.exports ?? {})
    .map(({ types }) => join(path, types))
    .filter((file) => !existsSync(join(root, file)))
    .map((file) => `${file} does not exist: build first`)
}
