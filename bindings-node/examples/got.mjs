// An adapter for a client that the package has none for, with nothing but what is public: here for got.

import got from 'got'

/** got with the headers of a partner or a merchant on its calls to Vipps, and one more try after a 401. */
export function gotFor(caller) {
  const ours = new WeakMap() // what went out with each call
  return got.extend({
    hooks: {
      beforeRequest: [
        async (options) => {
          if (!caller.covers(options.url)) return
          const limits = [options.signal, options.timeout.request && AbortSignal.timeout(options.timeout.request)]
          const signal = AbortSignal.any(limits.filter((limit) => limit !== undefined))
          const authorization = await caller.authorization({ signal })
          Object.assign(options.headers, authorization.headers)
          ours.set(options, authorization)
        },
      ],
      beforeRedirect: [
        (options, { url, request }) => {
          if (caller.mayFollow(url, options.url)) return
          for (const name of Object.keys(ours.get(request.options)?.headers ?? {})) delete options.headers[name]
        },
      ],
      afterResponse: [
        async (response, retry) => {
          const sent = ours.get(response.request.options)
          if (response.statusCode !== 401 || sent === undefined) return response
          const other = await caller.refused(sent.token, { signal: response.request.options.signal }).catch(() => undefined)
          const { body } = response.request.options // got has made text of forms and JSON
          const isSame = body === undefined || typeof body === 'string' || ArrayBuffer.isView(body)
          return other !== undefined && isSame ? retry({}) : response
        },
      ],
    },
  })
}
