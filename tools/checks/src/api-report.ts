import { dirname, join } from 'node:path'
import ts from 'typescript'
import type { Project } from './workspace.ts'

/** One entry point: the name by which users import it, and its built types. */
interface Entry {
  name: string
  file: string
}

/** What is gathered for one section of a report. */
interface Section {
  /** What is taken from elsewhere, by where from. */
  imports: Map<string, Set<string>>
  exported: string[]
  /** Declarations that the exported ones need, and that nobody can import. */
  unexported: Map<ts.Symbol, string>
}

const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed })

/**
 * A package's public types as text, from the types that were built: each export once, by name, without comments, and
 * after them what they need besides. It does not depend on how the bundler split and named its chunks.
 */
export function apiReport(root: string, { path, manifest }: Project): string {
  const entries = Object.entries(manifest.publishConfig?.exports ?? {}).map(([entry, { types }]) => ({
    name: manifest.name + entry.slice(1),
    file: join(root, path, types),
  }))
  const checker = check(entries.map(({ file }) => file))
  const exportsOf = new Map(entries.map((entry) => [entry, checker.exportsOf(entry.file)]))
  /** Where a declaration is shown: at the first entry that exports it, or else needs it. */
  const homes = new Map<ts.Symbol, Entry>()
  for (const [entry, exports] of exportsOf)
    for (const { symbol } of exports) if (!homes.has(symbol)) homes.set(symbol, entry)
  const sections = entries.map((entry) => {
    const section: Section = { imports: new Map(), exported: [], unexported: new Map() }
    for (const { name, symbol } of exportsOf.get(entry) ?? []) {
      const from = checker.origin(symbol) ?? nameUnless(entry, homes.get(symbol))
      if (from !== undefined) section.exported.push(`export { ${name} } from '${from}'`)
      else if (name === symbol.name) section.exported.push(`export ${show(symbol)}`)
      else section.exported.push(`${show(symbol)}\nexport { ${symbol.name} as ${name} }`)
      if (from === undefined) addNeeds(symbol, entry, section, homes, checker)
    }
    return print(entry.name, section)
  })
  return `# API of ${manifest.name}\n\nWritten by \`pnpm api\` and compared by \`pnpm check\`: what changes here changes for users.\n${sections.join('')}`
}

function nameUnless(here: Entry, home: Entry | undefined): string | undefined {
  return home === here ? undefined : home?.name
}

/** Adds what a declaration needs, and what that needs. */
function addNeeds(
  symbol: ts.Symbol,
  here: Entry,
  section: Section,
  homes: Map<ts.Symbol, Entry>,
  checker: Checker,
): void {
  for (const needed of checker.needs(symbol)) {
    const home = homes.get(needed)
    const from = checker.origin(needed) ?? nameUnless(here, home)
    if (from !== undefined) addImport(section, needed, from)
    else if (!home) {
      homes.set(needed, here)
      section.unexported.set(needed, show(needed))
      addNeeds(needed, here, section, homes, checker)
    }
  }
}

function addImport({ imports }: Section, symbol: ts.Symbol, from: string): void {
  const isWhole = symbol.declarations?.some(ts.isNamespaceImport)
  const names = imports.get(from) ?? new Set()
  imports.set(from, names.add(isWhole ? `* as ${symbol.name}` : symbol.name))
}

function print(name: string, { imports, exported, unexported }: Section): string {
  const needed = [...unexported.values()].sort()
  const imported = [...imports].map(([from, names]) => `// From ${from}: ${[...names].sort().join(', ')}`)
  const parts = [
    ...(imported.length ? [imported.sort().join('\n')] : []),
    exported.join('\n\n'),
    ...(needed.length ? [`// Needed above, not exported\n\n${needed.join('\n\n')}`] : []),
  ]
  return `\n## ${name}\n\n\`\`\`ts\n${parts.join('\n\n')}\n\`\`\`\n`
}

/** A declaration's text, overloads and merged parts one after another. */
function show(symbol: ts.Symbol): string {
  const texts = declarations(symbol).map((node) =>
    printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()).replace(/^(export )?declare /, ''),
  )
  return texts.join('\n')
}

function declarations(symbol: ts.Symbol): ts.Node[] {
  return (symbol.declarations ?? []).map((node) =>
    ts.isVariableDeclaration(node) ? node.parent.parent : node,
  )
}

type Checker = ReturnType<typeof check>

/** Looks into these files and their chunks, and takes other packages as they are named. */
function check(files: string[]) {
  const options: ts.CompilerOptions = { noLib: true, types: [], skipLibCheck: true }
  const host = ts.createCompilerHost(options)
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => {
      if (!text.startsWith('.')) return { resolvedModule: undefined }
      const resolvedFileName = join(dirname(from), text.replace(/\.js$/, '.d.ts'))
      return { resolvedModule: { resolvedFileName, extension: ts.Extension.Dts } }
    })
  const program = ts.createProgram(files, options, host)
  const checker = program.getTypeChecker()

  /** What a name stands for; of another package's, the import itself. */
  const resolve = (symbol: ts.Symbol): ts.Symbol => {
    if (!(symbol.flags & ts.SymbolFlags.Alias) || origin(symbol) !== undefined) return symbol
    const next = checker.getImmediateAliasedSymbol(symbol)
    return next ? resolve(next) : symbol
  }
  /** The package that a symbol is imported from. */
  const origin = (symbol: ts.Symbol): string | undefined => {
    const statement = symbol.declarations?.[0] && importing(symbol.declarations[0])
    const { text = '.' } = (statement?.moduleSpecifier ?? {}) as Partial<ts.StringLiteral>
    return text.startsWith('.') ? undefined : text
  }
  return {
    origin,
    exportsOf(file: string) {
      const source = program.getSourceFile(file)
      const module = source && checker.getSymbolAtLocation(source)
      return (module ? checker.getExportsOfModule(module) : [])
        .map((symbol) => ({ name: symbol.name, symbol: resolve(symbol) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    /** Everything outside itself that a declaration names. */
    needs(symbol: ts.Symbol): Set<ts.Symbol> {
      const found = new Set<ts.Symbol>()
      const visit = (node: ts.Node): void => {
        const named = ts.isIdentifier(node) && checker.getSymbolAtLocation(node)
        if (named && isOfModule(named)) found.add(resolve(named))
        ts.forEachChild(node, visit)
      }
      for (const node of declarations(symbol)) visit(node)
      found.delete(symbol)
      return found
    },
  }
}

/** The statement that brings in what stands in another module. */
function importing(node: ts.Node): ts.ImportDeclaration | ts.ExportDeclaration | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node
  return ts.isSourceFile(node) || ts.isStatement(node) ? undefined : importing(node.parent)
}

/** Whether a symbol is declared or imported at the top of a module, and not within a declaration. */
function isOfModule(symbol: ts.Symbol): boolean {
  return declarations(symbol).some((node) => ts.isSourceFile(node.parent) || importing(node) !== undefined)
}
