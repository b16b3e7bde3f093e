const TOKEN = /\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+|sqrt|[-+*/^%()])/iy

/** The value of an arithmetic expression. @throws an Error with a plain sentence */
export function evaluate(expression: string): number {
  const tokens = tokenize(expression)
  const value = sum(tokens)
  if (tokens.length > 0) throw new Error(`I do not understand '${tokens[0]}' there`)
  if (!Number.isFinite(value)) throw new Error('that has no finite value')
  return Number(value.toPrecision(15))
}

function tokenize(expression: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(expression)
    if (!match) throw new Error(`I do not understand '${expression.slice(at).trim().slice(0, 20)}'`)
    tokens.push((match[1] as string).toLowerCase())
  }
  if (tokens.length > 500) throw new Error('that is too long')
  return tokens
}

function sum(tokens: string[]): number {
  let value = product(tokens)
  while (tokens[0] === '+' || tokens[0] === '-') {
    if (tokens.shift() === '+') value += product(tokens)
    else value -= product(tokens)
  }
  return value
}

function product(tokens: string[]): number {
  let value = signed(tokens)
  while (tokens[0] === '*' || tokens[0] === '/' || tokens[0] === '%') {
    const operator = tokens.shift()
    const right = signed(tokens)
    if (operator === '*') value *= right
    else if (right === 0) throw new Error('nothing can be divided by zero')
    else value = operator === '/' ? value / right : value % right
  }
  return value
}

function signed(tokens: string[]): number {
  if (tokens[0] !== '-' && tokens[0] !== '+') return power(tokens)
  return tokens.shift() === '-' ? -signed(tokens) : signed(tokens)
}

function power(tokens: string[]): number {
  const base = atom(tokens)
  if (tokens[0] !== '^') return base
  tokens.shift()
  return base ** signed(tokens)
}

function atom(tokens: string[]): number {
  const token = tokens.shift()
  if (token === 'sqrt') return Math.sqrt(atom(tokens))
  if (token === '(') {
    const value = sum(tokens)
    if (tokens.shift() !== ')') throw new Error("a ')' is missing")
    return value
  }
  const value = Number(token ?? Number.NaN)
  if (Number.isNaN(value))
    throw new Error(token === undefined ? 'something is missing at the end' : `'${token}' is out of place`)
  return value
}
