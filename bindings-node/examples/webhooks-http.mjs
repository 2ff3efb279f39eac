// A receiver of Vipps' webhooks with node:http alone.

import { createServer } from 'node:http'

/** `verifier` is a `WebhookVerifier`; `handle` is called with each event and does its work elsewhere. */
export function createReceiver(verifier, handle) {
  return createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    let webhook
    try {
      webhook = verifier.verify(request.method, request.url, request.headers, Buffer.concat(chunks))
    } catch (error) {
      console.warn(`a webhook was refused: ${error.message}`)
      return response.writeHead(401).end()
    }
    handle(JSON.parse(webhook.text()))
    response.writeHead(200).end()
  })
}
