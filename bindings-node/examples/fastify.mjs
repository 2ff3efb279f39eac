// Login with Fastify: the request is kept in the person's own session, on the server.

import { randomUUID } from 'node:crypto'

import Fastify from 'fastify'

/** `shop` is a `Merchant`; `callback` is registered for it in the portal, to the letter. */
export function createApp(shop, callback) {
  const app = Fastify()
  const sessions = new Map()
  const login = shop.login(callback)

  app.get('/login', async (request, reply) => {
    const started = await login.start(['openid', 'name'])
    const id = randomUUID()
    sessions.set(id, { login: started.toJSON() })
    const secure = callback.startsWith('https:') ? '; Secure' : ''
    reply.header('set-cookie', `session=${id}; HttpOnly; SameSite=Lax; Path=/${secure}`)
    return reply.redirect(started.url)
  })

  app.get(new URL(callback).pathname, async (request, reply) => {
    const session = sessions.get(/session=([\w-]+)/.exec(request.headers.cookie)?.[1])
    if (session?.login === undefined) return reply.code(400).send('Start the login again.')
    const kept = session.login
    // One request answers one callback.
    delete session.login
    const result = await login.finish(request.url, kept)
    const { name } = await login.userinfo(result)
    return { sub: result.claims.sub, name }
  })

  app.setErrorHandler((error, request, reply) => {
    if (error.code !== 'login_failed') throw error
    reply.code(403).send({ reason: error.reason })
  })
  return app
}
