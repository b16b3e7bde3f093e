import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a model says, one piece after the other. */
export interface Said {
  readonly text?: readonly string[]
  readonly calls?: readonly {
    readonly id: string
    readonly name: string
    readonly input: readonly string[]
  }[]
}

export interface Asked {
  readonly model: string
  readonly stream: boolean
  readonly messages: readonly { readonly role: string; readonly [field: string]: unknown }[]
  readonly tools: readonly { readonly function: { readonly name: string; readonly parameters: unknown } }[]
}

/** A server that speaks the streaming part of OpenAI's chat completions. @param answer to what it was asked */
export async function startModel(answer: (asked: Asked) => Said) {
  const asked: Asked[] = []
  const keys: (string | undefined)[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    if (request.url !== '/v1/chat/completions') return response.writeHead(404).end()
    const question = JSON.parse(body) as Asked
    asked.push(question)
    keys.push(request.headers.authorization)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const { text = [], calls = [] } = answer(question)
    const send = (delta: object, finish: string | null = null) => {
      const choice = { index: 0, delta, finish_reason: finish }
      const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: question.model }
      response.write(`data: ${JSON.stringify({ ...chunk, choices: [choice] })}\n\n`)
    }
    send({ role: 'assistant', content: '' })
    for (const content of text) send({ content })
    for (const [index, { id, name, input }] of calls.entries()) {
      send({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })
      for (const piece of input) send({ tool_calls: [{ index, function: { arguments: piece } }] })
    }
    send({}, calls.length > 0 ? 'tool_calls' : 'stop')
    response.end('data: [DONE]\n\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    keys,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
