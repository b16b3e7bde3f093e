import type { Json } from '@sess/core'

// What a store must give back as it got it: values that encoders, databases and scripting languages are known to
// change, and names that they are known to confuse.

/** A JSON value and what is odd about it. */
export interface FidelityCase {
  readonly name: string
  readonly value: Json
}

/** Values for a message's content or metadata and for the context. All are distinct by their JSON text. */
export const JSON_CASES: readonly FidelityCase[] = [
  ...cases('text', {
    'an empty string': '',
    'one space': ' ',
    'spaces and line ends around': '  a \t\r\n',
    'a line separator': 'a\u2028b\u2029c',
    'NUL and control characters': '\u0000a\u0001\u0007\u001f\u007f\u0085',
    'a high surrogate alone': 'a\ud83d',
    'a low surrogate alone': '\udc00b',
    'surrogates in the wrong order': '\udc00\ud83d',
    'astral text': '👩‍👩‍👧‍👦 𝒳 𠜎',
    precomposed: 'caf\u00e9',
    combining: 'cafe\u0301',
    'compatibility forms': 'ﬁ Å K ﷺ',
    'right to left': '\u202eשלום\u202c',
    'a byte order mark': '\ufeffa\ufffe\uffff',
    'a replacement character': '\ufffd',
    '100 kB': 'äb\n"\\'.repeat(17_000),
  }),
  ...cases('text that looks like', {
    'an object': '{"a":1}',
    'an array': '[]',
    null: 'null',
    true: 'true',
    'a number': '1',
    'a number with zeros': '007.10',
    'a large number': '9007199254740993',
    infinity: '1e999',
    'not a number': 'NaN',
    hexadecimal: '0x10',
    'a date': '2024-01-01T00:00:00.000Z',
    base64: 'AAEC/w==',
    SQL: "'; DROP TABLE sessions; -- \\' %s ? :id",
    Lua: '") return redis.call("FLUSHALL") --[[',
    'an escape': '\\u0000 \\n \\ud83d',
    'a separator of records': 'a\n\nb\u001e\u001f|,:;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is the point
    'a placeholder': '${a} {{a}} %d $1 &amp;',
  }),
  ...cases('number', {
    zero: 0,
    'minus one': -1,
    'a fraction': 0.1,
    'a long fraction': 0.30000000000000004,
    'the largest safe': 9007199254740991,
    'above the safe': JSON.parse('9007199254740993'),
    '64 bits': JSON.parse('18446744073709551615'),
    huge: 1e308,
    largest: Number.MAX_VALUE,
    smallest: 5e-324,
    'many digits': 1234567890.123456,
    'with an exponent': 1e21,
  }),
  ...cases('value', { null: null, true: true, false: false }),
  ...cases('array', {
    empty: [],
    'of an empty one': [[]],
    'of an empty object': [{}],
    'of nulls': [null, null],
    mixed: [0, '0', false, null, '', [], {}],
    '1,000 long': Array.from({ length: 1000 }, (_, i) => i),
  }),
  ...cases('object', {
    empty: {},
    'with empty ones': { a: [], b: {}, c: '', d: null, e: 0, f: false },
    'with an empty key': { '': 1 },
    'with keys out of order': { z: 1, a: 2, m: { y: 1, b: 2 } },
    'with keys in order': { a: 2, m: { b: 2, y: 1 }, z: 1 },
    'with keys like integers': JSON.parse('{"10":1,"9":2,"b":3,"01":4,"-1":5,"a":6}'),
    'with keys of prototypes': JSON.parse(
      '{"__proto__":{"a":1},"constructor":2,"toString":3,"hasOwnProperty":4}',
    ),
    'with a prototype key inside': JSON.parse('[{"a":{"__proto__":null}}]'),
    'with keys alike': { a: 1, A: 2, 'a ': 3, '\u00e1': 4, 'a\u0301': 5 },
    'with keys of odd text': {
      '\u0000': 1,
      '"': 2,
      '\\': 3,
      'a\nb': 4,
      '\ud83d': 5,
      '😀': 6,
      'a.b[0]': 7,
      $set: 8,
    },
    'with keys of its store': { id: 'x', seq: 0, role: null, version: -1, userId: [], messages: {} },
    'that a client would run': JSON.parse('{"toJSON":"x","then":"x","length":-1,"valueOf":1}'),
    'of bytes': { $bytes: 'AAEC/w==' },
    'that only looks like bytes': { $bytes: 1, $$bytes: { $bytes: '' } },
  }),
  ...cases('deep', {
    array: nested(100, (inner) => [inner]),
    object: nested(100, (inner) => ({ a: inner })),
  }),
  ...cases('message', {
    'with parts': [
      { type: 'text', text: 'What is in this picture?' },
      { type: 'image', mediaType: 'image/png', data: { $bytes: 'iVBORw0KGgo=' } },
      { type: 'reasoning', text: '', signature: 'EqQBCgIYAhIM' },
    ],
    'calling tools': [
      { type: 'tool-call', id: 'call_1', name: 'search', arguments: '{"q":"a \\"b\\"","n":1.0,"list":[]}' },
      { type: 'tool-call', id: 'call_2', name: 'now', arguments: '', input: {} },
    ],
    'answering tools': { toolCallId: 'call_1', isError: false, output: { rows: [], next: null } },
  }),
]

/** Without the long ones; none holds a space but where the space is the point. */
const ODD_NAMES: readonly string[] = [
  ...words(
    'a A \u00e1 a\u0301 ß ss ı i I İ ｱ ア \u212b \u00c5 中文 שלום 😀 👩‍👩‍👧‍👦 \uffff \u{10ffff} \ue000 \ufffd',
  ),
  ...words(
    '% _ a% a_ * ? [a] a* ^a$ . .. / ../a \\ a\\ | - -- : a:b a: :a {x} { } {x}:a {} # @ $1 \x24{x} \' " `',
  ),
  ...words('__proto__ constructor toString null undefined true NaN 0 00 -0 1e3 10 9'),
  ...['a ', ' a', "' OR 1=1 --", '\n', 'a\n', 'a\r\nb', '\t', '\u00a0', '\u200b', '\ufeff'],
  ...['\u0000', 'a\u0000', 'a\u0000b', '\u007f', '\u0085'],
]

/**
 * Names that are easily confused, trimmed or run, each well-formed and of 1 to `maxBytes` bytes, all different byte by
 * byte: for session and message ids (200), user ids and context keys (255) and roles (64).
 */
export function oddNames(maxBytes: number): readonly string[] {
  const accents = 'é'.repeat((maxBytes - 1) >> 1)
  return [...ODD_NAMES, 'x'.repeat(maxBytes), `y${accents}`, `${'z'.repeat(maxBytes - 4)}😀`]
}

/** What is no name at all: empty, one byte too long, or not well-formed. */
export function badNames(maxBytes: number): readonly string[] {
  const tooLong = ['x'.repeat(maxBytes + 1), 'é'.repeat((maxBytes >> 1) + 1), `${'z'.repeat(maxBytes - 3)}😀`]
  return ['', ...tooLong, '\ud83d', 'a\udc00', '\udc00\ud83d']
}

function words(text: string): string[] {
  return text.split(' ')
}

function cases(kind: string, values: { readonly [name: string]: Json }): FidelityCase[] {
  return Object.entries(values).map(([name, value]) => ({ name: `${kind} ${name}`, value }))
}

function nested(depth: number, wrap: (inner: Json) => Json): Json {
  let value: Json = 'inside'
  for (let i = 0; i < depth; i++) value = wrap(value)
  return value
}
