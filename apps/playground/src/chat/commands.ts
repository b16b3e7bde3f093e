import { explain, plural } from '../words.ts'
import { type Desk, sayMessage, short, summaryOf, titleOf } from './desk.ts'

interface Command {
  readonly name: string
  readonly usage: string
  readonly help: string
  run(desk: Desk, rest: string): Promise<void>
}

const PAGE = 20
/** How much of a session is shown when one comes back to it. */
const RECENT = 10
/** Also the most that one batch holds, so that a fork is one write. */
const MAX_FORK = 1000

/** Goes on with the newest session, or starts one where there is none. */
export async function openNewest(desk: Desk): Promise<void> {
  const { sessions } = await desk.sessions.listSessions({ limit: 1 })
  if (sessions[0]) await open(desk, sessions[0].id)
  else desk.current = (await desk.sessions.createSession()).id
}

async function help(desk: Desk): Promise<void> {
  for (const { usage, help } of commands) desk.say(`  ${usage.padEnd(18)} ${help}`)
  desk.say('Anything else is a message to the agent.')
}

async function list(desk: Desk, rest: string): Promise<void> {
  const page = rest === '' ? 1 : Number(rest)
  if (!(Number.isSafeInteger(page) && page > 0)) return desk.say('Usage: /list [PAGE].')
  const offset = (page - 1) * PAGE
  const { sessions, nextCursor } = await desk.sessions.listSessions({ limit: PAGE, offset })
  if (sessions.length === 0) return desk.say('There are no sessions on that page.')
  desk.listed = sessions.map(({ id }) => id)
  for (const [i, session] of sessions.entries()) {
    const mark = session.id === desk.current ? '*' : ' '
    desk.say(`${mark}${String(i + 1).padStart(3)}  ${summaryOf(session)}  ${session.id}`)
  }
  if (nextCursor !== null)
    desk.say(`${await desk.sessions.countUserSessions()} in all; /list ${page + 1} shows more.`)
}

async function start(desk: Desk, title: string): Promise<void> {
  const session = await desk.sessions.createSession(title === '' ? {} : { metadata: { title } })
  desk.current = session.id
  desk.say(title === '' ? 'A new session.' : `A new session: ${titleOf(session)}.`)
}

/** The id that a person means by an id or a number of the last list, or of one that was not asked for yet. */
async function idOf(desk: Desk, rest: string): Promise<string> {
  if (!/^\d+$/.test(rest)) return rest
  if (desk.listed.length === 0)
    desk.listed = (await desk.sessions.listSessions({ limit: PAGE })).sessions.map(({ id }) => id)
  return desk.listed[Number(rest) - 1] ?? rest
}

/** Goes to a session and shows its newest messages. */
export async function open(desk: Desk, rest: string): Promise<void> {
  if (rest === '') return desk.say('Usage: /open ID, or the number of a session in /list.')
  const session = await desk.sessions.getSession(await idOf(desk, rest), { messages: { last: RECENT } })
  desk.current = session.id
  desk.say(`In ${summaryOf(session)}.`)
  const first = session.messages.findIndex(({ role }) => role === 'user')
  const shown = session.messages.slice(Math.max(0, first))
  if (session.messageCount > shown.length) desk.say('  …', 'dim')
  for (const message of shown) sayMessage(desk, message)
}

async function rewind(desk: Desk, rest: string): Promise<void> {
  const turns = rest === '' ? 1 : Number(rest)
  if (!(Number.isSafeInteger(turns) && turns > 0)) return desk.say('Usage: /rewind TURNS, such as /rewind 2.')
  const { messages, lastSeq } = await desk.sessions.getSession(desk.current, { messages: { last: MAX_FORK } })
  const asked = messages.filter(({ role }) => role === 'user')
  const first = asked.at(-turns) ?? asked[0]
  if (!first) return desk.say('There is nothing to rewind.')
  const removed = await desk.sessions.cutMessages(
    desk.current,
    { newest: messages.filter(({ seq }) => seq >= first.seq).length },
    { ifLastSeq: lastSeq },
  )
  const taken = Math.min(turns, asked.length)
  desk.say(
    `Took back ${plural(taken, 'turn')} (${plural(removed.length, 'message')}). Notes stay as they are.`,
  )
}

async function fork(desk: Desk): Promise<void> {
  const { messages, messageCount, context, metadata } = await desk.sessions.getSession(desk.current, {
    messages: { last: MAX_FORK },
    context: true,
  })
  if (messages.length < messageCount) return desk.say('This session is too large to be copied in one piece.')
  const copy = await desk.sessions.createSession({
    messages: messages.map(({ id, role, content, metadata, createdAt }) => ({
      id,
      role,
      content,
      metadata,
      createdAt,
    })),
    context,
    metadata:
      metadata.title === undefined ? metadata : { ...metadata, title: `${titleOf({ metadata })} (fork)` },
  })
  desk.current = copy.id
  desk.say(`In a copy: ${summaryOf(copy)}. The other stays as it is.`)
}

async function context(desk: Desk): Promise<void> {
  const { context } = await desk.sessions.getSession(desk.current, { context: true })
  const entries = Object.entries(context)
  if (entries.length === 0) desk.say("The context is empty; 'my name is Ana' puts something in.")
  for (const [key, value] of entries) desk.say(`  ${short(key)}: ${short(value)}`)
}

async function inspect(desk: Desk): Promise<void> {
  const { messages, metadata, ...fields } = await desk.sessions.getSession(desk.current, {
    messages: { last: 20 },
  })
  for (const [name, value] of Object.entries({ ...fields, metadata })) {
    const time =
      typeof value === 'number' && name.endsWith('At') ? new Date(value).toISOString() : short(value)
    desk.say(`  ${name.padEnd(13)} ${time}`)
  }
  for (const { seq, role, content } of messages)
    desk.say(`  ${String(seq).padStart(5)}  ${role.padEnd(9)}  ${short(content)}`, 'dim')
}

async function title(desk: Desk, rest: string): Promise<void> {
  if (rest === '')
    return desk.say(`This session is called: ${titleOf(await desk.sessions.getSession(desk.current))}.`)
  const session = await desk.sessions.updateSession(desk.current, { metadata: { title: rest } })
  desk.say(`This session is now called: ${titleOf(session)}.`)
}

async function remove(desk: Desk): Promise<void> {
  const gone = await desk.sessions.deleteSession(desk.current)
  desk.say(gone ? 'The session and all in it is deleted.' : 'That session was gone already.')
  await openNewest(desk)
}

async function quit(desk: Desk): Promise<void> {
  desk.isLeaving = true
}

const commands: readonly Command[] = [
  { name: 'help', usage: '/help', help: 'this list', run: help },
  { name: 'list', usage: '/list [PAGE]', help: 'your sessions, the one used last first', run: list },
  { name: 'new', usage: '/new [TITLE]', help: 'start a session', run: start },
  {
    name: 'open',
    usage: '/open ID|NUMBER',
    help: 'go to a session, by its id or its number in /list',
    run: open,
  },
  { name: 'rewind', usage: '/rewind [TURNS]', help: 'take back the last turn, or several', run: rewind },
  { name: 'fork', usage: '/fork', help: 'copy this session into a new one and go there', run: fork },
  { name: 'context', usage: '/context', help: 'what the session knows beside its messages', run: context },
  { name: 'inspect', usage: '/inspect', help: "the session's fields and its newest messages", run: inspect },
  { name: 'title', usage: '/title [TITLE]', help: 'name this session', run: title },
  { name: 'delete', usage: '/delete', help: 'delete this session', run: remove },
  { name: 'quit', usage: '/quit', help: 'leave (Ctrl-D and Ctrl-C do too)', run: quit },
]

/** Does what a line that begins with `/` says; what fails is told in a sentence. */
export async function runCommand(desk: Desk, line: string): Promise<void> {
  const [name = '', ...rest] = line.slice(1).split(/(?=\s)/)
  const command = commands.find((command) => command.name === name.toLowerCase())
  if (!command) return desk.say(`There is no /${name}; /help lists the commands.`)
  try {
    await command.run(desk, rest.join('').trim())
  } catch (error) {
    desk.say(explain(error))
  }
}
