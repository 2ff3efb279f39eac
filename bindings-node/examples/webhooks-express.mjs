// A receiver of Vipps' webhooks with Express. On this path nothing may parse the body before it was checked.

import express from 'express'

/** `verifier` is a `WebhookVerifier`; `handle` is called with each event and does its work elsewhere. */
export function createApp(verifier, handle) {
  const app = express()

  app.post('/webhooks/vipps', express.raw({ type: () => true }), (request, response) => {
    const webhook = verifier.verify(request.method, request.originalUrl, request.headers, request.body)
    handle(JSON.parse(webhook.text()))
    response.sendStatus(200)
  })

  // For all other paths; it must stand behind.
  app.use(express.json())

  app.use((error, request, response, next) => {
    if (error.code !== 'invalid_webhook') return next(error)
    console.warn(`a webhook was refused: ${error.message}`)
    response.sendStatus(401)
  })
  return app
}
