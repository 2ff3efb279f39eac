// The headers on the calls of an axios instance, of which nothing is imported.

import type { Caller } from './partner.js'
import type { NativeToken } from './native.js'

// The types of axios would make it a dependency of everybody who reads these.
interface Interceptors {
  use(onFulfilled?: ((value: any) => any) | null, onRejected?: ((error: any) => any) | null): number
  eject(id: number): void
}

/** An axios instance. */
export interface AxiosLike {
  (config: any): Promise<any>
  getUri(config?: any): string
  interceptors: { request: Interceptors; response: Interceptors }
}

interface Config {
  baseURL?: string
  url?: string
  data?: unknown
  headers: { set(name: string, value: string, rewrite?: boolean): unknown }
  beforeRedirect?: (options: RedirectOptions, ...rest: unknown[]) => void
  fetchOptions?: object
}

/** What `follow-redirects`, under axios, is about to ask for. */
interface RedirectOptions {
  href?: string
  headers: Record<string, unknown>
}

interface Answer {
  status: number
  config: Config
}

export function authorizeAxios(caller: Caller, instance: AxiosLike): () => void {
  const adapter = new Adapter(caller, instance)
  const asked = instance.interceptors.request.use((config: Config) => adapter.request(config))
  const answered = instance.interceptors.response.use(
    (answer: Answer) => adapter.answered(answer, () => answer),
    (error: { response?: Answer }) => adapter.failed(error),
  )
  return () => {
    instance.interceptors.request.eject(asked)
    instance.interceptors.response.eject(answered)
  }
}

class Adapter {
  readonly #caller: Caller
  readonly #instance: AxiosLike
  /** The token of each call under way. */
  readonly #tokens = new WeakMap<object, NativeToken>()

  constructor(caller: Caller, instance: AxiosLike) {
    this.#caller = caller
    this.#instance = instance
  }

  async request(config: Config & { signal?: AbortSignal }): Promise<Config> {
    const url = this.#url(config)
    if (url === undefined || !this.#caller.covers(url)) return config
    const { headers, token } = await this.#caller.authorized(config.signal)
    for (const name in headers) config.headers.set(name, headers[name] as string, true)
    this.#tokens.set(config, token)
    return guarded(config, Object.keys(headers), new URL(url).origin)
  }

  async failed(error: { response?: Answer }): Promise<unknown> {
    const fail = () => Promise.reject(error)
    return error.response === undefined ? await fail() : await this.answered(error.response, fail)
  }

  async answered(answer: Answer, otherwise: () => unknown): Promise<unknown> {
    const token = answer.status === 401 ? this.#tokens.get(answer.config) : undefined
    if (token === undefined || isSecond(answer.config)) return await otherwise()
    // The token is dropped even where this call can't be made again, for the sake of the next one.
    const again = this.#caller.refused(token) && canBeSentAgain(answer.config.data)
    return again ? await this.#instance({ ...answer.config, [SECOND]: true }) : await otherwise()
  }

  #url(config: Config): string | undefined {
    const url = this.#instance.getUri(config)
    return URL.canParse(url) ? url : undefined
  }
}

/** Survives the copies that axios makes of its settings. */
const SECOND = 'vippsPartnerAuthSecondTry'

function isSecond(config: object): boolean {
  return SECOND in config
}

/** Redirects stay within the origin, or go on without these headers. */
function guarded(config: Config, own: string[], origin: string): Config {
  const before = config.beforeRedirect
  config.beforeRedirect = (options, ...rest) => {
    if (options.href === undefined || new URL(options.href).origin !== origin) strip(options.headers, own)
    before?.(options, ...rest)
  }
  // The fetch adapter can't be asked to leave headers out.
  config.fetchOptions = { redirect: 'error', ...config.fetchOptions }
  return config
}

function strip(headers: Record<string, unknown>, own: string[]): void {
  for (const name of Object.keys(headers)) if (own.includes(name.toLowerCase())) delete headers[name]
}

/** What axios made of the body: text and bytes can be sent again, streams and forms are gone. */
function canBeSentAgain(data: unknown): boolean {
  return data === undefined || data === null || typeof data === 'string' || ArrayBuffer.isView(data)
}
