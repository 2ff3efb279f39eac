// A receiver of Vipps' webhooks with Fastify. In a plugin of its own, so that only here bodies come as they are.

import Fastify from 'fastify'

/** `verifier` is a `WebhookVerifier`; `handle` is called with each event and does its work elsewhere. */
export function createApp(verifier, handle) {
  const app = Fastify()

  app.register(async (webhooks) => {
    webhooks.removeAllContentTypeParsers()
    webhooks.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => done(null, body))
    webhooks.post('/webhooks/vipps', async (request, reply) => {
      const webhook = verifier.verify(request.method, request.url, request.headers, request.body)
      handle(JSON.parse(webhook.text()))
      return reply.code(200).send()
    })
    webhooks.setErrorHandler((error, request, reply) => {
      if (error.code !== 'invalid_webhook') throw error
      console.warn(`a webhook was refused: ${error.message}`)
      reply.code(401).send()
    })
  })
  return app
}
