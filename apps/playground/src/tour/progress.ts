const WIDTH = 30

/** A bar on stderr that grows with each step; silent where stderr is no terminal. */
export function progressBar(steps: number, out: NodeJS.WriteStream = process.stderr) {
  let done = -1
  return {
    step(label: string): void {
      done++
      if (!out.isTTY) return
      const filled = Math.floor((done / steps) * WIDTH)
      const bar = `[${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${done}/${steps} ${label}`
      out.write(`\r\x1b[K${bar.slice(0, (out.columns ?? 80) - 1)}`)
    },
    end(): void {
      if (out.isTTY) out.write('\r\x1b[K')
    },
  }
}
