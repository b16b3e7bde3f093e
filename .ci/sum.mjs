// Sums the result files that `test` and `test:full` left in each package, names what failed, and
// prints one line of counts.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

const folders = ['packages', 'apps', 'examples', 'tools'].flatMap((group) =>
  readdirSync(group).map((name) => `${group}/${name}/.results`),
)
const results = folders
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')))

let [passed, failed, skipped] = [0, 0, 0]
for (const { numPassedTests, numPendingTests, numTodoTests, testResults } of results) {
  passed += numPassedTests
  skipped += numPendingTests + numTodoTests
  for (const { name, status, message, assertionResults } of testResults) {
    const path = relative('.', name)
    const broken = assertionResults.filter((test) => test.status === 'failed')
    for (const { fullName, failureMessages } of broken) {
      console.log(`\nFAILED ${path}: ${fullName}\n${failureMessages.join('\n')}`)
    }
    // A file that does not load, or whose hook fails, counts as one test that failed.
    const alone = status === 'failed' && broken.length === 0
    if (alone) console.log(`\nFAILED ${path}\n${message}`)
    failed += broken.length + (alone ? 1 : 0)
  }
}
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exitCode = passed > 0 && failed === 0 ? 0 : 1
