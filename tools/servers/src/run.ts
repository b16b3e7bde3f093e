import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What a command prints; throws with its last words where it fails. */
export async function run(file: string, args: string[], cwd?: string): Promise<string> {
  try {
    const { stdout } = await execute(file, args, { maxBuffer: 64 << 20, ...(cwd && { cwd }) })
    return stdout
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string }
    const words = code === 'ENOENT' ? 'not found' : stderr?.trim().split('\n').slice(-3).join(' ')
    throw new Error(`${file} ${args.at(-1) ?? ''}: ${words || error}`)
  }
}
