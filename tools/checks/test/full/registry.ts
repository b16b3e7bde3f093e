import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packagesOf } from '../../src/workspace.ts'

const run = promisify(execFile)

/** A registry of this machine's own that has what would be published, so that commands are those of a reader. */
export interface Registry {
  /** For npm, in its environment. */
  readonly env: { readonly [variable: string]: string }
  stop(): void
}

interface Published {
  readonly tarball: Buffer
  readonly manifest: { readonly name: string; readonly version: string }
}

export async function startRegistry(root: string): Promise<Registry> {
  const published = await packAll(root)
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1)
    const found = published.get(path.replace(/\.tgz$/, ''))
    if (found === undefined) return response.writeHead(404).end('{}')
    if (path.endsWith('.tgz')) return response.end(found.tarball)
    const { port } = server.address() as AddressInfo
    response.setHeader('content-type', 'application/json')
    return response.end(JSON.stringify(packument(found, `http://127.0.0.1:${port}/${path}.tgz`)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    env: { 'npm_config_@sess:registry': `http://127.0.0.1:${port}/` },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** What a registry tells of a package. */
function packument({ tarball, manifest }: Published, url: string): object {
  const { name, version } = manifest
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist: { tarball: url, integrity } } },
  }
}

async function packAll(root: string): Promise<Map<string, Published>> {
  const pnpm = ['-y', 'pnpm@10']
  const build = ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', '--filter=./packages/*']
  await run('npx', [...pnpm, ...build], { cwd: root })
  const folder = mkdtempSync(join(tmpdir(), 'sess-registry-'))
  try {
    const packed = packagesOf(root).map(async ({ path }, i): Promise<readonly [string, Published]> => {
      const to = join(folder, String(i))
      await run('npx', [...pnpm, 'pack', '--pack-destination', to], { cwd: join(root, path) })
      const file = join(to, readdirSync(to)[0] ?? '')
      // As it is in the tarball: pnpm writes another one than lies in the workspace.
      const { stdout } = await run('tar', ['xzOf', file, 'package/package.json'])
      const manifest = JSON.parse(stdout) as Published['manifest']
      return [manifest.name, { tarball: readFileSync(file), manifest }]
    })
    return new Map(await Promise.all(packed))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
