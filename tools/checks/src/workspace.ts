import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

interface Manifest {
  name: string
  license?: string
  scripts?: Record<string, string>
  exports?: Record<string, string>
  publishConfig?: {
    access?: string
    provenance?: boolean
    exports?: Record<string, { types: string; default: string }>
  }
  repository?: { type: string; url: string; directory: string }
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

export interface Project {
  /** Folder from the root: `packages/core`. */
  path: string
  /** Last part of the folder: `core`. */
  folder: string
  group: 'packages' | 'apps' | 'examples' | 'tools'
  manifest: Manifest
}

/** What a check looked at, in words, and each fault with the way to mend it. */
export interface Report {
  looked: string
  faults: string[]
}

/** Folders that a tool makes, not a person. */
const made = new Set(['node_modules', 'dist', '.turbo', '.results', '.git'])

export function projects(root: string): Project[] {
  return (['packages', 'apps', 'examples', 'tools'] as const).flatMap((group) =>
    list(join(root, group))
      .filter((folder) => existsSync(join(root, group, folder, 'package.json')))
      .map((folder) => {
        const path = `${group}/${folder}`
        const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as Manifest
        return { path, folder, group, manifest }
      }),
  )
}

/** Those that are published. */
export function packagesOf(root: string): Project[] {
  return projects(root).filter(({ group }) => group === 'packages')
}

/** Names in a folder, in order, without what tools made; nothing where there is no folder. */
export function list(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => !made.has(name))
    .sort()
}

/** Paths from the root of all files below a folder that end in `ending`. */
export function files(root: string, folder: string, ending: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !made.has(entry.name))
    .flatMap((entry) => {
      const path = relative(root, join(root, folder, entry.name))
      if (entry.isDirectory()) return files(root, path, ending)
      return path.endsWith(ending) ? [path] : []
    })
    .sort()
}
