import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { list, type Project, packagesOf, type Report } from './workspace.ts'

/** The keys of a package's manifest, in their order; those with `?` may be absent. */
const keys = [
  ...['name', 'version', 'description', 'keywords', 'license', 'repository', 'type', 'sideEffects'],
  ...['exports', 'files', 'publishConfig', 'engines', 'scripts'],
  ...['dependencies?', 'peerDependencies?', 'peerDependenciesMeta?', 'devDependencies?'],
]
/** Parts of the manifest that say the same everywhere. */
const same = ['version', 'license', 'type', 'sideEffects', 'files', 'engines', 'scripts'] as const
const optional = ['test', 'CHANGELOG.md']

/** Every package looks like `packages/core` outside `src` and `test`. */
export function checkTemplate(root: string): Report {
  const packages = packagesOf(root)
  const model = packages.find(({ folder }) => folder === 'core')
  if (!model)
    return { looked: 'nothing', faults: ['packages/core is missing: it is the model of all others'] }
  const faults = packages.flatMap((project) => [
    ...compareFiles(root, project, model),
    ...compareManifest(project, model),
    ...checkExports(root, project),
  ])
  return { looked: `${packages.length} packages`, faults }
}

function compareFiles(root: string, project: Project, model: Project): string[] {
  const names = (path: string) => list(join(root, path)).filter((name) => !optional.includes(name))
  const [have, want] = [names(project.path), names(model.path)]
  const faults = [
    ...want
      .filter((name) => !have.includes(name))
      .map((name) => `${project.path}/${name} is missing: add it`),
    ...have
      .filter((name) => !want.includes(name))
      .map((name) => `${project.path}/${name} is in no other package: move it to src or test`),
  ]
  for (const name of want.filter((name) => have.includes(name) && /\.config\.ts$|^tsconfig/.test(name))) {
    const text = (path: string) => readFileSync(join(root, path, name), 'utf8')
    if (text(project.path) !== text(model.path))
      faults.push(`${project.path}/${name} differs from ${model.path}/${name}: copy that`)
  }
  return faults
}

function compareManifest({ path, folder, manifest }: Project, model: Project): string[] {
  const at = `${path}/package.json`
  const faults: string[] = []
  const order = keys.map((key) => key.replace('?', ''))
  const have = Object.keys(manifest)
  const known = order.filter((key) => have.includes(key))
  const unknown = have.filter((key) => !order.includes(key))
  const missing = keys.filter((key) => !key.endsWith('?') && !have.includes(key))
  if (unknown.length) faults.push(`${at}: no package has ${unknown.join(', ')}: take it out`)
  if (missing.length) faults.push(`${at}: ${missing.join(', ')} missing: add as in ${model.path}`)
  if (have.filter((key) => order.includes(key)).join() !== known.join())
    faults.push(`${at}: keys out of order: write ${known.join(', ')}`)
  for (const key of same) {
    const [ours, theirs] = [manifest, model.manifest].map((m) =>
      JSON.stringify((m as unknown as Record<string, unknown>)[key]),
    )
    if (ours !== theirs) faults.push(`${at}: ${key} is ${ours}: write ${theirs}`)
  }
  if (manifest.name !== `@sess/${folder}`)
    faults.push(`${at}: name is ${manifest.name}: write @sess/${folder}`)
  const repository = { ...model.manifest.repository, directory: path }
  if (!isDeepStrictEqual(manifest.repository, repository))
    faults.push(`${at}: repository differs: write ${JSON.stringify(repository)}`)
  if (manifest.publishConfig?.access !== 'public') faults.push(`${at}: publishConfig.access must be public`)
  if (manifest.publishConfig?.provenance !== true) faults.push(`${at}: publishConfig.provenance must be true`)
  return faults
}

/** An entry `./x` is `./src/x.ts` here and `./dist/x.js` with `./dist/x.d.ts` when published. */
function checkExports(root: string, { path, manifest }: Project): string[] {
  const faults: string[] = []
  const at = `${path}/package.json`
  const [here, published] = [manifest.exports ?? {}, manifest.publishConfig?.exports ?? {}]
  if (!isDeepStrictEqual(Object.keys(here), Object.keys(published)))
    faults.push(`${at}: exports and publishConfig.exports must name the same entries in the same order`)
  for (const [entry, source] of Object.entries(here)) {
    const name = entry === '.' ? 'index' : entry.slice(2)
    if (source !== `./src/${name}.ts`) faults.push(`${at}: exports["${entry}"] must be ./src/${name}.ts`)
    else if (!existsSync(join(root, path, source)))
      faults.push(`${path}: entry ${source} does not exist: add it`)
    const want = { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` }
    if (JSON.stringify(published[entry]) !== JSON.stringify(want))
      faults.push(`${at}: publishConfig.exports["${entry}"] must be ${JSON.stringify(want)}`)
  }
  return faults
}
