/** Of the names known, that which was likely meant; `undefined` where none is like it. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [wanted, limit] = [simple(name), Math.max(2, Math.floor(name.length / 2))]
  const [best] = known
    .map((candidate) => ({ candidate, distance: unlikeness(wanted, simple(candidate)) }))
    .sort((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= limit ? best.candidate : undefined
}

/** `maxSessions`, `max-sessions` and `MAX_SESSIONS` are all alike. */
function simple(name: string): string {
  return name
    .slice(0, 100)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
}

function unlikeness(wanted: string, known: string): number {
  const isPart = wanted.length > 2 && (known.includes(wanted) || wanted.includes(known))
  return isPart ? Math.min(2, distance(wanted, known)) : distance(wanted, known)
}

/** How many letters must be put in, taken out or exchanged to make one of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
