import type { Suite } from './apt.ts'
import { fromPackages } from './packages.ts'
import { onPath } from './path.ts'
import { findProgram, type Program } from './program.ts'
import { run } from './run.ts'

/** `redis` is the one of the machine's release, `redis-8` the newest Redis. */
export type RedisFlavour = 'redis' | 'redis-8' | 'valkey'

interface Build {
  binary: string
  /** What `--version` says. */
  version: RegExp
  packages: string[]
  suite: Suite
}

const redis = { binary: 'redis-server', packages: ['redis-server', 'redis-tools'] }
const builds: Record<RedisFlavour, Build> = {
  redis: { ...redis, version: /Redis server v=/, suite: 'release' },
  'redis-8': { ...redis, version: /Redis server v=(8|9|\d\d)/, suite: 'rolling' },
  valkey: {
    binary: 'valkey-server',
    version: /v=/,
    packages: ['valkey-server', 'valkey-tools'],
    suite: 'rolling',
  },
}

/** The server's executable. */
export function findRedis(flavour: RedisFlavour): Promise<Program> {
  const { binary, version, packages, suite } = builds[flavour]
  const checked = async (program: Program) => {
    const [file, ...args] = program.command
    const says = await run(file, [...args, '--version'])
    if (!version.test(says)) throw new Error(says.trim())
    return program
  }
  return findProgram(flavour, [
    { name: 'PATH', find: async () => checked(onPath(binary)) },
    { name: 'packages', find: async () => checked(await fromPackages(packages, suite, `usr/bin/${binary}`)) },
  ])
}
