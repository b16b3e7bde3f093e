import { runTour } from '../src/tour/main.ts'
import { faults, storeWith } from './faults.ts'

// What `start --tour` would do if its only store lost a message now and then.
process.exitCode = await runTour(undefined, { stores: [storeWith(faults.losesOne)] })
