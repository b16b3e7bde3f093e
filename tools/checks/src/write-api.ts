import { join } from 'node:path'
import { writeApi } from './api.ts'

writeApi(join(import.meta.dirname, '../../..'))
