/** One line of a chart; a point that was not measured is `undefined`. */
interface Line {
  readonly name: string
  readonly values: readonly (number | undefined)[]
  /** Drawn stronger than the others. */
  readonly isOurs: boolean
}

export interface Chart {
  /** Without the folder. */
  readonly file: string
  readonly title: string
  /** What the places along the bottom stand for. */
  readonly places: readonly string[]
  readonly lines: readonly Line[]
}

const [WIDTH, HEIGHT] = [860, 420]
const PLOT = { left: 70, right: 500, top: 50, bottom: 370 }
const COLORS = ['#c2410c', '#1d4ed8', '#047857', '#7c3aed', '#a16207', '#be185d', '#475569']
const OURS = '#0f172a'

/** A chart of speeds, ten times as much each step up, as SVG that is readable on white and on black. */
export function toSvg({ title, places, lines }: Chart): string {
  const known = lines.flatMap(({ values }) => values.filter((value) => value !== undefined))
  const least = Math.floor(Math.log10(Math.min(...known)))
  const most = Math.ceil(Math.log10(Math.max(...known)))
  const x = (i: number) => PLOT.left + (i * (PLOT.right - PLOT.left)) / (places.length - 1)
  const y = (value: number) =>
    PLOT.bottom - ((Math.log10(value) - least) * (PLOT.bottom - PLOT.top)) / (most - least)
  const steps = Array.from({ length: most - least + 1 }, (_, i) => 10 ** (least + i))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    text(PLOT.left, 28, title, 'font-size="16" font-weight="bold"'),
    ...steps.flatMap((step) => [
      `<path d="M${PLOT.left} ${round(y(step))}H${PLOT.right}" stroke="#e2e8f0"/>`,
      text(PLOT.left - 8, y(step) + 4, `${step.toLocaleString('en-US')}/s`, 'text-anchor="end"'),
    ]),
    ...places.map((place, i) => text(x(i), PLOT.bottom + 22, place, 'text-anchor="middle"')),
    ...[...lines].reverse().map((line) => curve(line, colorOf(lines, line), x, y)),
    ...legend(lines, y),
    '</svg>\n',
  ].join('\n')
}

function curve(
  { values, isOurs }: Line,
  color: string,
  x: (i: number) => number,
  y: (value: number) => number,
): string {
  const points = values.flatMap((value, i) =>
    value === undefined ? [] : [`${round(x(i))} ${round(y(value))}`],
  )
  return `<path d="M${points.join('L')}" fill="none" stroke="${color}" stroke-width="${isOurs ? 4 : 2}"/>`
}

/** Names beside the ends of their lines, far enough from each other to be read. */
function legend(lines: readonly Line[], y: (value: number) => number): readonly string[] {
  const ends = lines
    .map((line) => ({ line, at: y(line.values.findLast((value) => value !== undefined) ?? 1) }))
    .sort((a, b) => a.at - b.at)
  let last = Number.NEGATIVE_INFINITY
  return ends.map(({ line, at }) => {
    last = Math.max(at, last + 18)
    const weight = line.isOurs ? ' font-weight="bold"' : ''
    return text(PLOT.right + 12, last + 4, line.name, `fill="${colorOf(lines, line)}"${weight}`)
  })
}

function colorOf(lines: readonly Line[], line: Line): string {
  if (line.isOurs) return OURS
  return COLORS[lines.filter(({ isOurs }) => !isOurs).indexOf(line) % COLORS.length] as string
}

function text(x: number, y: number, words: string, more: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${more}>${escaped(words)}</text>`
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function round(value: number): string {
  return value.toFixed(1)
}
