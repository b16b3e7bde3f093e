import type { JsonObject } from '@sess/core'
import { isUnit } from './units.ts'

/** What a person's words ask a tool for. */
export interface Wish {
  readonly name: string
  readonly arguments: JsonObject
}

type Rule = (text: string, lastValue: number | undefined) => Wish | null | undefined

const MAX_NAME = 60

/** What of the tools a message asks for, in order; nothing where it is just talk. `lastValue` is what "that" means. */
export function wishesIn(text: string, lastValue: number | undefined): readonly Wish[] {
  const wishes: Wish[] = []
  for (const part of text.split(/[;?!\n]+|,?\s+(?:and\s+)?then\s+|\.\s+|\.$/)) {
    const said = part.trim()
    const wish = said === '' ? undefined : firstOf(said, lastValue)
    if (wish) wishes.push(wish)
  }
  return wishes
}

function firstOf(said: string, lastValue: number | undefined): Wish | undefined {
  for (const rule of RULES) {
    const wish = rule(said, lastValue)
    if (wish) return wish
  }
  return undefined
}

const forget: Rule = (text) => {
  const match = /^(?:please )?forget (?:about )?(?:my |the )?(.+)$/i.exec(text)
  return match && wish('forget', { name: nameOf(match[1]) })
}

const remember: Rule = (text) => {
  const asked = /^(?:please )?(?:remember|note)(?: that)?:? (.+)$/i.exec(text)
  const fact = /^(?:my|the) (.{1,60}?) (?:is|are) (.+)$/i.exec(asked?.[1] ?? text)
  if (fact) return wish('remember', { name: nameOf(fact[1]), value: fact[2] as string })
  const other = asked && /^(.{1,60}?)(?:\s*[=:]\s*| is )(.+)$/.exec(asked[1] as string)
  if (other) return wish('remember', { name: nameOf(other[1]), value: other[2] as string })
  return asked && wish('remember', { name: nameOf(asked[1]), value: true })
}

const recall: Rule = (text) => {
  if (
    /^(?:show |list )?(?:me )?(?:my |all )?(?:my )?notes$|what (?:do|did) (?:you|i) (?:remember|know|note)/i.test(
      text,
    )
  )
    return wish('recall', {})
  const match =
    /^(?:do you (?:know|remember)|what(?:'s| is| was| are)|who(?:'s| is)|recall|tell me) my (.+)$/i.exec(text)
  return match && wish('recall', { name: nameOf(match[1]) })
}

const convert: Rule = (text, lastValue) => {
  const match = /(-?\d+(?:\.\d+)?|\bthat\b)\s*([a-z°]+)\s+(?:in|to|into|as)\s+([a-z°]+)/i.exec(text)
  if (!match || !isUnit(match[2] as string) || !isUnit(match[3] as string)) return undefined
  const value = match[1]?.toLowerCase() === 'that' ? lastValue : Number(match[1])
  return value === undefined
    ? undefined
    : wish('convert', { value, from: match[2] as string, to: match[3] as string })
}

const clock: Rule = (text) => {
  if (!/\b(?:what|tell|which|current)\b.*\b(?:time|date|day|clock)\b|^(?:time|date)\b/i.test(text))
    return undefined
  const place = /\bin ([\p{L} _/-]+)$/iu.exec(text)?.[1]
  return wish('clock', place === undefined ? {} : { place: place.trim() })
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^.*?\b(?:what(?:'s| is)|calculate|compute|how much is|and)\s+/i, ''],
  [/^(?:now )?double (that|it)$/i, '2 * $1'],
  [/^(?:now )?(?:half|halve)(?: of)? (that|it)$/i, '$1 / 2'],
  [/\bplus\b/gi, '+'],
  [/\bminus\b/gi, '-'],
  [/\btimes\b|(?<=[\d)])\s*[x×]\s*(?=[\d(])/gi, '*'],
  [/\bdivided by\b|÷/gi, '/'],
  [/(\d)\s*(?:%|percent) of\b/gi, '$1 / 100 *'],
  [/(\d),(?=\d{3}\b)/g, '$1'],
  [/\s*=$/, ''],
]

const calculate: Rule = (text, lastValue) => {
  let expression = WORDS.reduce((said, [word, sign]) => said.replace(word, sign), text).trim()
  if (lastValue !== undefined) {
    expression = expression.replace(/\b(?:that|it)\b/gi, lastValue < 0 ? `(${lastValue})` : String(lastValue))
    if (/^(?:[*/^+]|-\s)/.test(expression)) expression = `${lastValue} ${expression}`
  }
  const isArithmetic = /^(?:[\d\s.+\-*/^%()]|sqrt|\de\d)+$/i.test(expression)
  return isArithmetic && /\d/.test(expression) && /[+\-*/^%]|sqrt/i.test(expression)
    ? wish('calculator', { expression })
    : undefined
}

const RULES: readonly Rule[] = [forget, recall, remember, convert, clock, calculate]

function wish(name: string, input: JsonObject): Wish {
  return { name, arguments: input }
}

function nameOf(text: string | undefined): string {
  return (text ?? '').trim().toLowerCase().slice(0, MAX_NAME).toWellFormed().trim()
}
