// A shop where people log in with Vipps, on behalf of one merchant of a partner: start, callback, session, logout, error pages.
//
// The partner knows no `client_id` of the merchant. The library checks the ID token by the merchant's MSN instead, so a login at
// another merchant does not open this shop.
//
// Against the emulator; then open http://localhost:3000/ in your browser:
//
//     npx vipps-emulator --config ../emulator.toml
//     env $(cat ../emulator.env) node shop-login.mjs
//
// Against Vipps set the partner keys instead (docs/settings.md has all variables), and leave VIPPS_ENVIRONMENT out:
//
//     VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY
//     VIPPS_SYSTEM_NAME, VIPPS_SYSTEM_VERSION     your system
//     SHOP_MSN                                    the merchant's sales unit
//     SHOP_CALLBACK                               its redirect URI, registered in the portal to the letter
//     PORT                                        optional: where the shop listens on this machine, 3000 when not set
//
// Sessions are in memory, for one process. Where several serve the shop, put a store that they share in the place of `Store`.

import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'

import express from 'express'
import { Partner, VippsAuthError } from 'vipps-partner-auth'

/** What belongs to a browser, by an id that nobody can guess and that its cookie holds. */
class Store {
  #kept = new Map()

  constructor(lifetime) {
    this.lifetime = lifetime
  }

  keep(value) {
    // In the order of their ends, so the oldest come first.
    for (const [key, { ends }] of this.#kept) {
      if (ends > Date.now()) break
      this.#kept.delete(key)
    }
    const key = randomUUID()
    this.#kept.set(key, { ends: Date.now() + this.lifetime, value })
    return key
  }

  find(key) {
    const kept = this.#kept.get(key)
    return kept !== undefined && kept.ends > Date.now() ? kept.value : undefined
  }

  take(key) {
    const value = this.find(key)
    this.#kept.delete(key)
    return value
  }
}

/** `merchant` is a `Merchant`; `callback` is registered for it in the portal, to the letter. */
export function createApp(merchant, callback) {
  const login = merchant.login(callback)
  const underWay = new Store(15 * 60_000)
  const customers = new Store(8 * 60 * 60_000)
  // Lax, so that the cookie comes along when Vipps sends the browser back, and with no form of another site.
  const cookie = { httpOnly: true, sameSite: 'lax', secure: callback.startsWith('https:') }
  const app = express().disable('x-powered-by')

  app.get('/', (request, response) => {
    const customer = customers.find(cookies(request).get('session'))
    if (customer === undefined) return page(response, 'Welcome', '<a href="/login">Log in with Vipps</a>')
    page(response, `Welcome, ${customer.name}`, '<a href="/me">Who am I?</a>')
  })

  app.get('/login', async (request, response) => {
    const started = await login.start(['openid', 'name'])
    response.cookie('login', underWay.keep(started.toJSON()), { ...cookie, maxAge: underWay.lifetime })
    response.redirect(303, started.url)
  })

  app.get(new URL(callback).pathname, async (request, response) => {
    // Taken out first: one request answers one callback.
    const kept = underWay.take(cookies(request).get('login'))
    if (kept === undefined) return page(response.status(400), 'Please start again', AGAIN)
    const result = await login.finish(request.originalUrl, kept)
    const { name = 'customer' } = await login.userinfo(result)
    // Another merchant knows the same person by another `sub`, so both are the key.
    const { msn, sub } = result.claims
    response.clearCookie('login', cookie)
    // A new id for who has logged in: one that was known before could have been another's.
    response.cookie('session', customers.keep({ msn, sub, name }), { ...cookie, maxAge: customers.lifetime })
    response.redirect(303, '/me')
  })

  app.get('/me', (request, response) => {
    const customer = customers.find(cookies(request).get('session'))
    if (customer === undefined) return response.redirect(303, '/')
    const told = `You are customer ${customer.sub} of sales unit ${customer.msn}.`
    page(response, customer.name, `<p>${escaped(told)}</p>${LOGOUT}`)
  })

  app.post('/logout', (request, response) => {
    customers.take(cookies(request).get('session'))
    response.clearCookie('session', cookie)
    response.redirect(303, '/')
  })

  app.use((error, request, response, next) => {
    if (!(error instanceof VippsAuthError)) return next(error)
    // The text is for the log: it names the cause, and holds no secret.
    console.warn(`login: ${error.message}`)
    const [status, title] = failure(error)
    page(response.status(status), title, AGAIN)
  })
  return app
}

function failure(error) {
  if (error.code === 'login_failed' && error.reason === 'denied') return [403, 'You cancelled the login']
  if (error.code === 'login_failed') return [400, 'The login did not work. Please start again']
  if (error.retryable) return [503, "Vipps can't be reached at the moment. Please try again"]
  return [403, 'The login could not be verified']
}

const AGAIN = '<a href="/login">Log in with Vipps</a> or <a href="/">go back to the shop</a>'
const LOGOUT = '<form method="post" action="/logout"><button>Log out</button></form>'

function page(response, title, body) {
  const text = `<!doctype html><html lang="en"><title>Shop</title><h1>${escaped(title)}</h1>${body}</html>`
  response.set('cache-control', 'no-store').send(text)
}

function escaped(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

function cookies(request) {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
  return new Map(pairs)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { SHOP_MSN = '', SHOP_CALLBACK = '', PORT = '3000' } = process.env
  // On this machine alone: the proxy that ends TLS is what others see.
  createApp(Partner.fromEnv().merchant(SHOP_MSN), SHOP_CALLBACK).listen(Number(PORT), 'localhost', () => {
    console.log(`The shop is at http://localhost:${PORT}/`)
  })
}
