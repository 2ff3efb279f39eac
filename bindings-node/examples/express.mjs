// Login with Express: the request is kept in the person's own session, on the server.

import { randomUUID } from 'node:crypto'

import express from 'express'

/** `shop` is a `Merchant`; `callback` is registered for it in the portal, to the letter. */
export function createApp(shop, callback) {
  const app = express()
  const sessions = new Map()
  const login = shop.login(callback)

  app.get('/login', async (request, response) => {
    const started = await login.start(['openid', 'name'])
    const id = randomUUID()
    sessions.set(id, { login: started.toJSON() })
    response.cookie('session', id, { httpOnly: true, sameSite: 'lax', secure: callback.startsWith('https:') })
    response.redirect(started.url)
  })

  app.get(new URL(callback).pathname, async (request, response) => {
    const session = sessions.get(/session=([\w-]+)/.exec(request.headers.cookie)?.[1])
    if (session?.login === undefined) return response.status(400).send('Start the login again.')
    const kept = session.login
    // One request answers one callback.
    delete session.login
    const result = await login.finish(request.originalUrl, kept)
    const { name } = await login.userinfo(result)
    response.json({ sub: result.claims.sub, name })
  })

  app.use((error, request, response, next) => {
    if (error.code !== 'login_failed') return next(error)
    response.status(403).json({ reason: error.reason })
  })
  return app
}
