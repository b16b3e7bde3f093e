import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from './workspace.ts'

/** The lockfile fits the manifests and names no registry, so that it works with anybody's. */
export function checkLockfile(root: string): Report {
  const lines = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8').split('\n')
  const faults = lines.flatMap((line, index) =>
    /https?:\/\/|\btarball:/.test(line)
      ? [`pnpm-lock.yaml:${index + 1}: an address (${line.trim()}): install again with the default registry`]
      : [],
  )
  const run = spawnSync('pnpm', ['install', '--frozen-lockfile', '--lockfile-only', '--offline'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (run.status !== 0)
    faults.push(`pnpm-lock.yaml: run pnpm install and commit it\n${run.error ?? run.stdout + run.stderr}`)
  return { looked: `${lines.length} lines`, faults }
}
