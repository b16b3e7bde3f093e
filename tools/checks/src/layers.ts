import { join, relative } from 'node:path'
import { importsOf, isTest, packageName } from './imports.ts'
import { files, type Project, projects, type Report } from './workspace.ts'

/** `upper`: wrappers, wiring and adapters. */
type Layer = 'core' | 'kit' | 'store' | 'upper' | 'app' | 'tool'

/** What each layer may import; arrows point down only. */
const inSource: Record<Layer, Layer[]> = {
  core: [],
  kit: ['core'],
  store: ['core'],
  upper: ['core'],
  tool: ['core', 'tool'],
  app: ['core', 'kit', 'store', 'upper', 'tool'],
}
/** What its tests may import besides. */
const inTests: Record<Layer, Layer[]> = {
  core: [],
  kit: [],
  store: ['kit', 'tool'],
  upper: ['kit', 'store', 'upper', 'tool'],
  tool: [],
  app: [],
}

function layerOf({ group, folder, manifest }: Project): Layer {
  // An example is what a user writes: an app, whatever it is an example of. So is a tool that nobody can import.
  if (group !== 'packages') return group === 'tools' && manifest.exports ? 'tool' : 'app'
  if (folder === 'core') return 'core'
  if (folder === 'testkit') return 'kit'
  return folder.startsWith('store-') ? 'store' : 'upper'
}

/** No import and no dependency points up, leaves its package or is undeclared. */
export function checkLayers(root: string): Report {
  const all = projects(root)
  const layers = new Map(all.map((project) => [project.manifest.name, layerOf(project)]))
  const sources = all.flatMap((project) =>
    ['src', 'test'].flatMap((part) =>
      files(root, `${project.path}/${part}`, '.ts').map((file) => ({ project, file })),
    ),
  )
  const faults = [
    ...all.flatMap((project) => checkDependencies(project, layers)),
    ...sources.flatMap(({ project, file }) => checkFile(root, project, file, layers)),
  ]
  return { looked: `${sources.length} modules`, faults }
}

function checkDependencies(project: Project, layers: Map<string, Layer>): string[] {
  const { dependencies, peerDependencies, devDependencies } = project.manifest
  const use = (names: object | undefined, test: boolean) =>
    Object.keys(names ?? {})
      .map((name) => complaint(project, name, test, layers))
      .filter((fault) => fault !== undefined)
      .map((fault) => `${project.path}/package.json: ${fault}`)
  return [...use({ ...dependencies, ...peerDependencies }, false), ...use(devDependencies, true)]
}

function checkFile(root: string, project: Project, file: string, layers: Map<string, Layer>): string[] {
  const test = isTest(file)
  const { dependencies, peerDependencies, name: own } = project.manifest
  const declared = Object.keys({ ...dependencies, ...peerDependencies, [own]: '' })
  const faults = importsOf(join(root, file)).map((specifier) => {
    if (specifier.startsWith('.')) {
      const outside = relative(project.path, join(file, '..', specifier)).startsWith('..')
      return outside && project.group === 'packages'
        ? `${specifier} leaves the package: import it by its name`
        : undefined
    }
    if (specifier.startsWith('node:')) return undefined
    const name = packageName(specifier)
    const fault = complaint(project, name, test, layers)
    if (fault || test || project.group !== 'packages' || declared.includes(name)) return fault
    return `${name} is neither a dependency nor a peer: declare it in package.json`
  })
  return faults.filter((fault) => fault !== undefined).map((fault) => `${file}: ${fault}`)
}

function complaint(
  project: Project,
  name: string,
  test: boolean,
  layers: Map<string, Layer>,
): string | undefined {
  if (!name.startsWith('@sess/') || name === project.manifest.name) return undefined
  const [from, to] = [layerOf(project), layers.get(name)]
  if (!to) return `${name} is no package of this repository`
  if (inSource[from].includes(to) || (test && inTests[from].includes(to))) return undefined
  return `${project.manifest.name} (${from}) must not use ${name} (${to})${test ? '' : ' outside its tests'}`
}
