// The HTTP clients that there are adapters for, each as a way to make the calls of the scenarios.

import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import axios, { AxiosError } from 'axios'
import { Agent, errors, FormData as UndiciFormData, fetch as undiciFetch, interceptors, request as undiciRequest } from 'undici'

/** Hooks of a scenario, as one function on headers and one on a JSON text. */
function hooksOf(hooks, when) {
  const own = hooks.filter((hook) => hook.when === when)
  return {
    headers(headers) {
      for (const { set = {}, delete: gone = [] } of own) {
        for (const [name, value] of Object.entries(set)) headers.set(name, value)
        for (const name of gone) headers.delete(name)
      }
    },
    members: Object.assign({}, ...own.map(({ add_to_json }) => add_to_json ?? {})),
    isEmpty: own.length === 0,
  }
}

const basic = ({ username, password }) => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
const added = (text, members) => (Object.keys(members).length === 0 ? text : JSON.stringify({ ...JSON.parse(text), ...members }))

async function* pieces(text) {
  for (const line of text.split(/(?<=\n)/)) yield Buffer.from(line)
}

async function onDisk(t, text) {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'file'), text)
  return join(folder, 'file')
}

function multipart(text, Form = FormData) {
  const form = new Form()
  form.append('note', 'two parts')
  form.append('file', new Blob([text]), 'receipt.txt')
  return form
}

/** A body for a client that takes what `fetch` takes. */
async function standardBody({ body }, headers, members, t, Form) {
  if (body === undefined) return {}
  const { kind, text } = body
  switch (kind) {
    case 'text':
      return { body: added(text, members) }
    case 'bytes':
      return { body: Buffer.from(text) }
    case 'json':
      headers.set('content-type', 'application/json')
      return { body: added(text, members) }
    case 'form':
      return { body: new URLSearchParams(text) }
    case 'multipart':
      return { body: multipart(text, Form) }
    case 'file':
      return { body: await openAsBlob(await onDisk(t, text)) }
    case 'generator':
      return { body: pieces(text), duplex: 'half' }
    case 'stream':
      return { body: Readable.toWeb(Readable.from(pieces(text))), duplex: 'half' }
  }
  throw new Error(`unknown kind of body ${kind}`)
}

/** The causes of an error, itself first. */
export function* causes(error) {
  for (let at = error; at !== undefined && at !== null; at = at.cause) yield at
}

function fetchFamily(error) {
  if (error.name === 'TimeoutError') return 'timeout'
  if (error.name === 'AbortError') return 'aborted'
  return error instanceof TypeError ? 'failed' : error.name
}

const signals = ({ limit }, abort) => (limit === undefined ? abort : AbortSignal.timeout(limit))

function headersOf({ headers = {}, auth }) {
  const all = new Headers(headers)
  if (auth !== undefined) all.set('authorization', basic(auth))
  return all
}

async function answered(response) {
  return { status: response.status, headers: response.headers, body: await response.text() }
}

/** `fetch` has no hooks: what comes before wraps `shop.fetch`, what comes after stands in the place of the global one. */
const fetchClient = (asRequest) => ({
  family: fetchFamily,
  outcomes: { 'adapter-hook-after-takes-authorization': 'not_seen', 'adapter-basic-of-the-client': 'ours' },
  make({ caller, shops, hooks, t }) {
    const [before, after] = [hooksOf(hooks, 'before'), hooksOf(hooks, 'after')]
    const usual = globalThis.fetch
    t.after(() => (globalThis.fetch = usual))
    if (!after.isEmpty) globalThis.fetch = (input, init) => {
      const request = new Request(input, init)
      const headers = new Headers(request.headers)
      after.headers(headers)
      return usual(new Request(request, { headers }))
    }
    return async (call, url, abort) => {
      const handle = shops[call.merchant] ?? caller
      const headers = headersOf(call)
      before.headers(headers)
      const init = { method: call.method, headers, redirect: call.follow ? 'follow' : 'manual', signal: signals(call, abort) }
      Object.assign(init, await standardBody(call, headers, before.members, t))
      return await answered(asRequest ? await handle.fetch(new Request(url, { signal: init.signal }), init) : await handle.fetch(url, init))
    }
  },
})

/** undici's hooks are interceptors: the later one is given, the earlier it sees a call. */
function undiciInterceptor({ headers, members }) {
  return (dispatch) => (options, handler) => {
    const all = new Headers()
    const given = Array.isArray(options.headers) ? pairsInTurn(options.headers) : options.headers ?? {}
    for (const [name, value] of Symbol.iterator in given ? given : Object.entries(given)) all.append(name, value)
    headers(all)
    const body = typeof options.body === 'string' ? added(options.body, members) : options.body
    return dispatch({ ...options, headers: Object.fromEntries(all), body }, handler)
  }
}

function pairsInTurn(list) {
  return Array.from({ length: list.length / 2 }, (_, at) => [list[2 * at], list[2 * at + 1]])
}

function undiciAgent({ caller, hooks, t }) {
  const agent = new Agent()
  t.after(() => agent.destroy())
  const [before, after] = [hooksOf(hooks, 'before'), hooksOf(hooks, 'after')]
  return (handle = caller, follow = false) => {
    const redirects = follow ? [interceptors.redirect({ maxRedirections: 5 })] : []
    const chain = [...(after.isEmpty ? [] : [undiciInterceptor(after)]), handle.undici(), ...redirects]
    return agent.compose(...chain, ...(before.isEmpty ? [] : [undiciInterceptor(before)]))
  }
}

const undiciRequestClient = {
  family(error) {
    if (error.name === 'TimeoutError') return 'timeout'
    if (error.name === 'AbortError') return 'aborted'
    return error instanceof errors.UndiciError ? 'failed' : error.name
  },
  outcomes: { 'adapter-hook-after-takes-authorization': 'not_seen', 'adapter-basic-of-the-client': 'ours', 'adapter-401-form': 'repeated' },
  make(scenario) {
    const dispatcher = undiciAgent(scenario)
    return async (call, url, abort) => {
      const headers = headersOf(call)
      const { body } = await standardBody(call, headers, {}, scenario.t, UndiciFormData)
      if (body instanceof URLSearchParams) headers.set('content-type', 'application/x-www-form-urlencoded')
      const sent = body instanceof URLSearchParams ? body.toString() : body instanceof ReadableStream ? Readable.fromWeb(body) : body
      const options = { method: call.method, headers: Object.fromEntries(headers), body: sent, signal: signals(call, abort), vipps: scenario.shops[call.merchant] }
      const response = await undiciRequest(url, { ...options, dispatcher: dispatcher(undefined, call.follow) })
      return { status: response.statusCode, headers: new Headers(response.headers), body: await response.body.text() }
    }
  },
}

/** undici's own `fetch` hands every body on as a stream, so that nobody below can send it again. */
const undiciFetchClient = {
  family: fetchFamily,
  outcomes: {
    'adapter-hook-after-takes-authorization': 'not_seen',
    'adapter-basic-of-the-client': 'ours',
    ...Object.fromEntries(['401-text', '401-bytes', '401-json', '401-form', 'hooks-and-a-401', 'transform-and-a-401'].map((id) => [`adapter-${id}`, 'handed_back'])),
  },
  make(scenario) {
    const dispatcher = undiciAgent(scenario)
    const { members } = hooksOf(scenario.hooks, 'before')
    return async (call, url, abort) => {
      const headers = headersOf(call)
      const init = { method: call.method, headers, redirect: call.follow ? 'follow' : 'manual', signal: signals(call, abort) }
      Object.assign(init, await standardBody(call, headers, members, scenario.t, UndiciFormData))
      return await answered(await undiciFetch(url, { ...init, dispatcher: dispatcher(scenario.shops[call.merchant]) }))
    }
  },
}

/** axios runs its request interceptors last to first. */
const axiosClient = (adapter) => ({
  family(error) {
    if (['ECONNABORTED', 'ETIMEDOUT'].includes(error.code)) return 'timeout'
    if (axios.isCancel(error)) return 'aborted'
    return error instanceof AxiosError ? 'failed' : error.name
  },
  outcomes: {
    'adapter-hook-after-takes-authorization': 'seen',
    'adapter-basic-of-the-client': 'ours',
    'adapter-redirect-another-host': adapter === 'http' ? 'followed' : 'handed_back',
  },
  make({ caller, shops, hooks, t }) {
    const [before, after] = [hooksOf(hooks, 'before'), hooksOf(hooks, 'after')]
    const transform = (data) => (data === null || typeof data !== 'object' ? data : { ...data, ...before.members })
    const transformRequest = Object.keys(before.members).length > 0 ? [transform, ...axios.defaults.transformRequest] : undefined
    const http = axios.create({ adapter, validateStatus: () => true, responseType: 'text', transformResponse: [(data) => data], ...(transformRequest && { transformRequest }) })
    http.interceptors.request.use((config) => (after.headers(config.headers), config))
    caller.axios(http)
    http.interceptors.request.use((config) => (before.headers(config.headers), config))
    return async (call, url, abort) => {
      const config = { url, method: call.method, headers: call.headers, auth: call.auth, timeout: call.limit, maxRedirects: call.follow ? 5 : 0, vipps: shops[call.merchant] }
      if (call.body !== undefined) config.data = await axiosBody(call.body, t)
      return plain(await http.request({ ...config, signal: abort }))
    }
  },
})

function plain({ status, headers, data }) {
  return { status, headers: new Headers(headers), body: data }
}

async function axiosBody({ kind, text }, t) {
  if (kind === 'json') return JSON.parse(text)
  if (kind === 'form') return new URLSearchParams(text)
  if (kind === 'multipart') return multipart(text)
  if (kind === 'file') return createReadStream(await onDisk(t, text))
  if (kind === 'generator' || kind === 'stream') return Readable.from(pieces(text))
  return kind === 'bytes' ? Buffer.from(text) : text
}

export const CLIENTS = {
  fetch: fetchClient(false),
  'fetch with a Request': fetchClient(true),
  'undici request': undiciRequestClient,
  'undici fetch': undiciFetchClient,
  axios: axiosClient('http'),
  'axios over fetch': axiosClient('fetch'),
}
