// The headers on the calls of an axios instance, of which nothing is imported.
//
// They are put on by a request interceptor, so that other interceptors see them and may change them. What follows a 401 happens
// below all interceptors and transformers, around the adapter: the second try sends what the first one sent.

import { becomesGet, isSameBytes, redirectTarget, snapshot, wasSent } from './adapting.js'
import { VippsAuthError } from './errors.js'
import { type Authorization, callerOf, type Handle } from './partner.js'

// The types of axios would make it a dependency of everybody who reads these.
interface Interceptors {
  use(onFulfilled?: ((value: any) => any) | null, onRejected?: ((error: any) => any) | null): number
  eject(id: number): void
}

/** An axios instance (axios 1). */
export interface AxiosLike {
  /** Makes a call. */
  (config: any): Promise<any>
  /** Makes another instance. */
  create(config?: any): AxiosLike
  /** What each call begins with. */
  defaults: any
  /** The address of a call, with its parameters. */
  getUri(config?: any): string
  /** What changes calls and answers on their way. */
  interceptors: {
    /** Those of calls. */
    request: Interceptors
    /** Those of answers. */
    response: Interceptors
  }
}

interface Config {
  url?: string
  baseURL?: string | undefined
  params?: unknown
  method?: string
  data?: unknown
  headers: Headers
  adapter?: unknown
  auth?: unknown
  timeout?: unknown
  timeoutErrorMessage?: string
  transitional?: { clarifyTimeoutError?: boolean }
  signal?: AbortSignal
  cancelToken?: CancelToken
  maxRedirects?: number
  beforeRedirect?: BeforeRedirect
  fetchOptions?: { redirect?: string }
  vipps?: unknown
}

interface Headers {
  get(name: string): unknown
  set(name: string, value: string, rewrite?: boolean): unknown
  delete(name: string): unknown
}

interface CancelToken {
  reason?: unknown
  subscribe(listener: () => void): void
  unsubscribe(listener: () => void): void
}

/** What `follow-redirects`, under axios, is about to ask for, what it was told, and what it had asked for. */
type BeforeRedirect = (next: { href?: string; headers: Record<string, unknown> }, told: unknown, asked: { url?: string }) => void

interface Answer {
  status: number
  config: Config
  headers: Headers | Record<string, unknown>
}

type Failure = Error & { config?: Config; response?: Answer }

/** A reply, and the error that axios made of it where its status is not wanted. */
interface Outcome {
  answer: Answer
  error?: Failure
}

export function authorizeAxios(caller: Handle, instance: AxiosLike): () => void {
  const adapter = new Adapter(caller, instance)
  const asked = instance.interceptors.request.use((config: Config) => adapter.request(config))
  return () => instance.interceptors.request.eject(asked)
}

class Adapter {
  readonly #caller: Handle
  readonly #instance: AxiosLike
  readonly #bare: AxiosLike
  /** The adapters that ours stand before: whoever sends a call again with the settings of the first must not get two of them. */
  readonly #wrapped = new WeakMap<object, unknown>()

  constructor(caller: Handle, instance: AxiosLike) {
    this.#caller = caller
    this.#instance = instance
    this.#bare = bare(instance)
  }

  async request(config: Config): Promise<Config> {
    const caller = callerOf(config.vipps, this.#caller)
    const url = this.#url(config)
    if (url === undefined) return config
    if (!caller.covers(url)) {
      caller.withheld(url)
      return config
    }
    const patience = new Patience(config)
    const authorization = await this.#authorization(caller, config, patience)
    // Axios itself ends a call that was cancelled, before anything is sent.
    if (authorization === undefined) return config
    for (const [name, value] of Object.entries(authorization.headers)) config.headers.set(name, value, true)
    delete config.auth
    config.adapter = this.#around(config.adapter, { caller, authorization, patience })
    return config
  }

  async #authorization(caller: Handle, config: Config, patience: Patience): Promise<Authorization | undefined> {
    try {
      return await patience.during((signal) => caller.authorization({ signal }))
    } catch (error) {
      if (patience.isCancelled) return undefined
      throw await this.#failed(error, config, patience)
    }
  }

  #around(adapter: unknown, call: Omit<Call, 'adapter'>): (config: Config) => Promise<Answer> {
    const original = this.#wrapped.get(adapter as object) ?? adapter
    const around = (config: Config) => this.#sent(config, Object.assign({ adapter: original }, call))
    this.#wrapped.set(around, original)
    return around
  }

  /** What axios sends, and once more with another token if the first was refused. */
  async #sent(config: Config, call: Call): Promise<Answer> {
    const url = this.#url(config)
    if (url === undefined || !call.caller.covers(url)) return finished(await this.#elsewhere(config, call))
    config.data = snapshot(config.data)
    const { authorization, caller, patience } = call
    const outcome = await this.#followed(config, call, url)
    if (!isOurs(config, url, authorization)) return finished(outcome)
    note(caller, outcome)
    if (outcome.answer.status !== 401) return finished(outcome)
    const other = await this.#refused(caller, config, authorization, patience)
    if (other === undefined || !isSameBytes(config.data)) return finished(outcome)
    replace(config.headers, authorization, other)
    const second = await this.#followed(config, call, url)
    note(caller, second)
    return finished(second)
  }

  async #refused(caller: Handle, config: Config, { token }: Authorization, patience: Patience): Promise<Authorization | undefined> {
    try {
      return await patience.during((signal) => caller.other(token, { signal }))
    } catch (error) {
      throw patience.isCancelled ? error : await this.#failed(error, config, patience)
    }
  }

  /** An interceptor after ours has sent the call to another address, where ours have no business. */
  async #elsewhere(config: Config, call: Call): Promise<Outcome> {
    const { headers } = call.authorization
    for (const name in headers) if (config.headers.get(name) === headers[name]) config.headers.delete(name)
    return await this.#tried(config, call, {})
  }

  /** `follow-redirects` can be asked to leave headers out. The fetch adapter can't, so here its redirects are followed for it. */
  async #followed(config: Config, call: Call, url: string): Promise<Outcome> {
    const { redirect = 'follow' } = config.fetchOptions ?? {}
    const follows = usesFetch(call.adapter) && redirect === 'follow' && config.maxRedirects !== 0
    const fetchOptions = Object.assign({}, config.fetchOptions, { redirect: redirect === 'follow' ? 'manual' : redirect })
    const own = { fetchOptions, beforeRedirect: guarded(config.beforeRedirect, call, url) }
    let [at, changes, outcome] = [url, {}, await this.#tried(config, call, own)]
    for (let hops = config.maxRedirects ?? MOST_REDIRECTS; follows && hops > 0; hops -= 1) {
      const { status, headers } = outcome.answer
      const next = redirectTarget(call.caller, at, status, (headers as Record<string, unknown>).location)
      if (next === undefined) return outcome
      if (becomesGet(config.method ?? 'get', status)) changes = { method: 'get', data: undefined }
      else if (!isSameBytes(config.data)) return outcome
      at = next.href
      outcome = await this.#tried(config, call, Object.assign({ url: at, baseURL: undefined, params: undefined }, own, changes))
    }
    return outcome
  }

  /** One request, by an instance that adds nothing. */
  async #tried(config: Config, { adapter, patience }: Call, changes: Partial<Config>): Promise<Outcome> {
    const finished = { adapter, transformRequest: [], transformResponse: [], vipps: undefined }
    try {
      const answer = await this.#bare(Object.assign({}, config, finished, patience.rest(), changes))
      answer.config = config
      return { answer }
    } catch (thrown) {
      const error = thrown as Failure
      if (error.config !== undefined) error.config = config
      if (error.response === undefined) throw error
      error.response.config = config
      return { answer: error.response, error }
    }
  }

  /** Why there is no token, as axios tells of failures. */
  async #failed(error: unknown, config: Config, patience: Patience): Promise<unknown> {
    if (patience.isOver) return await this.#axiosError(patience.message, patience.code, config)
    if (!(error instanceof VippsAuthError)) return error
    return await this.#axiosError(`no token for the call: ${error.message}`, 'ERR_NETWORK', config, error)
  }

  /** Instances don't show the class of their errors, so one is made that no adapter could be found for. */
  async #axiosError(message: string, code: string, config: Config, cause?: Error): Promise<Error> {
    const sample = await this.#bare({ url: 'http://localhost', adapter: [] }).catch((error: Error) => error)
    const AxiosError = sample.constructor as new (message: string, code: string, config: Config) => Error
    const error = new AxiosError(message, code, config)
    if (cause !== undefined) Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
    return error
  }

  #url(config: Config): string | undefined {
    const url = this.#instance.getUri(config)
    return URL.canParse(url) ? url : undefined
  }
}

/** What is known of a call from interceptor to adapter. */
interface Call {
  caller: Handle
  authorization: Authorization
  patience: Patience
  adapter: unknown
}

const MOST_REDIRECTS = 5

/** An instance of the same axios without interceptors and defaults: what it is given is complete. */
function bare(instance: AxiosLike): AxiosLike {
  if (typeof instance?.create !== 'function') throw new TypeError('instance must be an instance of axios 1')
  const made = instance.create()
  for (const name of Object.keys(made.defaults)) delete made.defaults[name]
  return made
}

/** How long the caller waits: axios' own `timeout`, `signal` and `cancelToken`, from the moment the call began. */
class Patience {
  isOver = false
  readonly message: string
  readonly code: string
  readonly #limit: number
  readonly #since = performance.now()
  readonly #signal: AbortSignal | undefined
  readonly #cancelToken: CancelToken | undefined

  constructor({ timeout, timeoutErrorMessage, transitional, signal, cancelToken }: Config) {
    this.#limit = Number.parseInt(String(timeout), 10) || 0
    this.message = timeoutErrorMessage ?? `timeout of ${timeout}ms exceeded`
    this.code = transitional?.clarifyTimeoutError === true ? 'ETIMEDOUT' : 'ECONNABORTED'
    this.#signal = signal
    this.#cancelToken = cancelToken
  }

  get isCancelled(): boolean {
    return this.#signal?.aborted === true || this.#cancelToken?.reason !== undefined
  }

  /** The time that is left, as settings of one request. */
  rest(): { timeout?: number; timeoutErrorMessage?: string } {
    return this.#limit > 0 ? { timeout: Math.max(1, Math.ceil(this.#left())), timeoutErrorMessage: this.message } : {}
  }

  /** Ends a wait when the caller's patience ends. */
  async during<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    const stop = () => controller.abort()
    const expire = () => ((this.isOver = true), stop())
    if (this.isCancelled) stop()
    this.#signal?.addEventListener?.('abort', stop)
    this.#cancelToken?.subscribe(stop)
    const timer = this.#limit > 0 ? setTimeout(expire, this.#left()) : undefined
    try {
      return await wait(controller.signal)
    } finally {
      clearTimeout(timer)
      this.#signal?.removeEventListener?.('abort', stop)
      this.#cancelToken?.unsubscribe(stop)
    }
  }

  #left(): number {
    return this.#limit - (performance.now() - this.#since)
  }
}

function finished({ answer, error }: Outcome): Answer {
  if (error !== undefined) throw error
  return answer
}

function note(caller: Handle, { answer }: Outcome): void {
  const type = (answer.headers as Record<string, unknown>)['content-type']
  caller.answered(answer.status, typeof type === 'string' ? type : undefined)
}

/** Interceptors after ours may have set another, axios' `auth` replaces it, and so do credentials in the URL. */
function isOurs(config: Config, url: string, authorization: Authorization): boolean {
  const { username, password } = new URL(url)
  const isBasic = config.auth !== undefined || username !== '' || password !== ''
  return !isBasic && wasSent(authorization, (name) => config.headers.get(name))
}

/** Only what is still as we had set it. */
function replace(headers: Headers, old: Authorization, other: Authorization): void {
  for (const [name, value] of Object.entries(other.headers)) {
    if (headers.get(name) === old.headers[name]) headers.set(name, value, true)
  }
}

/** Takes our headers off where a redirect leads away. */
function guarded(before: BeforeRedirect | undefined, { caller, authorization }: Call, url: string): BeforeRedirect {
  const own = Object.keys(authorization.headers)
  return (next, told, asked) => {
    if (!caller.mayFollow(asked?.url ?? url, next.href ?? '')) {
      for (const name of Object.keys(next.headers)) if (own.includes(name.toLowerCase())) delete next.headers[name]
    }
    before?.(next, told, asked)
  }
}

/** Axios takes the first it can use; the browser's is not to be had here. */
function usesFetch(adapter: unknown): boolean {
  return [adapter].flat().find((name) => name !== 'xhr') === 'fetch'
}
