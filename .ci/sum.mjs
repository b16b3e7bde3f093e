// Sums the result files that `test` and `test:full` left in each package and prints one line.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const folders = ['packages', 'apps', 'tools'].flatMap((group) =>
  readdirSync(group).map((name) => `${group}/${name}/.results`),
)
const results = folders
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')))

let [passed, failed, skipped] = [0, 0, 0]
for (const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } of results) {
  // A file that does not load has no tests of its own: it counts as one that failed.
  const unloaded = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  passed += numPassedTests
  failed += numFailedTests + unloaded.length
  skipped += numPendingTests + numTodoTests
}
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exitCode = passed > 0 && failed === 0 ? 0 : 1
