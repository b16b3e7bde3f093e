import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** All modules that a file imports: values, types, re-exports and `import()`. */
export function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true)
  return importedFiles.map(({ fileName }) => fileName)
}

/** The package of a module that is named, and not given by its path: `@sess/core` of `@sess/core/store`. */
export function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

export function isTest(file: string): boolean {
  return file.includes('/test/') || file.endsWith('.test.ts')
}
