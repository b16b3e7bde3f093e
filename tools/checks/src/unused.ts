import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Report } from './workspace.ts'

const run = promisify(execFile)
const bin = join(import.meta.dirname, '../node_modules/.bin/knip')

/** No file, export or dependency that nothing uses, as knip sees it. */
export async function checkUnused(root: string): Promise<Report> {
  const args = ['--config', 'tools/checks/knip.json', '--reporter', 'compact', '--no-progress']
  const faults = await run(bin, args, { cwd: root }).then(
    () => [],
    (error: { stdout?: string; stderr?: string }) => [`${error.stdout ?? ''}${error.stderr ?? ''}`],
  )
  return { looked: 'files, exports and dependencies', faults }
}
