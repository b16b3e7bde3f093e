import type { Command } from './program.ts'
import { run } from './run.ts'

/** Server options by name, as arguments. */
export function optionsOf(config: Record<string, string>): string[] {
  return Object.entries(config).map(([name, value]) => `--${name}=${value}`)
}

/** The folder that the server would use for that option. */
export async function folderOf([file, ...args]: Command, option: string): Promise<string> {
  const help = await run(file, [...args, '--help', '--verbose'])
  const [, folder] = new RegExp(`^${option} +(/.*)`, 'm').exec(help) ?? []
  if (!folder) throw new Error(`${args.at(-1) ?? file} has no ${option}`)
  return folder
}
