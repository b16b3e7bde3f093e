import { testFlavour } from '../mysql-suite.ts'

await testFlavour('mysql', /^[89]\.\d+\.\d+/)
