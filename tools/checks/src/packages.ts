import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Project, packagesOf, type Report } from './workspace.ts'

const run = promisify(execFile)
const bin = join(import.meta.dirname, '../node_modules/.bin')
const required = ['package/LICENSE', 'package/README.md', 'package/package.json']
const allowed = /^package\/(LICENSE|README\.md|CHANGELOG\.md|package\.json|dist\/.+)$/

/** What would be published, built before: complete, nothing besides, and right for every resolver of ESM. */
export async function checkPackages(root: string): Promise<Report> {
  const packages = packagesOf(root)
  const faults = await Promise.all(packages.map((project) => checkPackage(root, project)))
  return { looked: `${packages.length} tarballs`, faults: faults.flat() }
}

async function checkPackage(root: string, project: Project): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sess-pack-'))
  try {
    await run('pnpm', ['pack', '--pack-destination', folder], { cwd: join(root, project.path) })
    const tarball = join(folder, readdirSync(folder)[0] ?? '')
    const { stdout } = await run('tar', ['tzf', tarball])
    const faults = await Promise.all([
      checkContents(stdout.trim().split('\n'), project),
      tool('publint', ['run', tarball, '--strict']),
      tool('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color', '--no-summary']),
    ])
    return faults.flat().map((fault) => `${project.path}: ${fault}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Faults in the list of a tarball's files. */
export function checkContents(names: string[], { manifest }: Pick<Project, 'manifest'>): string[] {
  const entries = Object.values(manifest.publishConfig?.exports ?? {}).flatMap(({ types, default: code }) => [
    types,
    code,
  ])
  return [
    ...[...required, ...entries.map((entry) => entry.replace('.', 'package'))]
      .filter((name) => !names.includes(name))
      .map((name) => `the tarball lacks ${name}: build first, then see files and exports`),
    ...names.filter((name) => !allowed.test(name)).map((name) => `the tarball holds ${name}: leave it out`),
  ]
}

async function tool(name: string, args: string[]): Promise<string[]> {
  try {
    await run(join(bin, name), args)
    return []
  } catch (error) {
    const { stdout, message } = error as { stdout?: string; message: string }
    return [`${name} says\n${stdout || message}`]
  }
}
