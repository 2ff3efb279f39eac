// The ops of webhooks.

import assert from 'node:assert/strict'

import { WebhookVerifier } from 'vipps-partner-auth'

import { LoginCall } from './login.mjs'

const OPS = { webhook_verify: 'webhookVerify', webhook_ping: 'webhookPing', webhook_sign: 'webhookSign' }

export class WebhookCall extends LoginCall {
  make(op) {
    return Object.hasOwn(OPS, op) ? this[OPS[op]]() : super.make(op)
  }

  webhookVerify() {
    const { webhookId, sentAt, body } = this.verified()
    assert.ok(this.body().equals(body))
    return { webhook_id: webhookId, sent_at: sentAt.getTime() / 1000 }
  }

  webhookPing() {
    const { authReqId, msn = null } = this.verified().ping()
    return { auth_req_id: authReqId, msn }
  }

  webhookSign() {
    return { headers: this.verifier().sign(this.given.webhook_id, this.given.url, this.body()) }
  }

  /** The headers go in as pairs, and as an object where each is there once: the outcome is the same. */
  verified() {
    const { method, path, headers } = this.given
    const verifier = this.verifier()
    const named = Object.fromEntries(headers)
    const isNamed = Object.keys(named).length === headers.length
    return verifier.verify(method, path, isNamed ? named : headers, this.body())
  }

  verifier() {
    const { secrets, public_host: publicHost, tolerance } = this.given
    const options = { publicHost, tolerance: tolerance && tolerance * 1000, clock: this.clock() }
    return new WebhookVerifier(this.named(secrets), options)
  }

  body() {
    const { body, body_base64: base64 } = this.given
    return base64 === undefined ? Buffer.from(body) : Buffer.from(base64, 'base64')
  }
}
