// Vipps' own SDK, which leaves it to its caller to have a fresh token.

import { Client } from '@vippsmobilepay/sdk'

/** Payments of one merchant; `partner` is a `Partner`. */
export function payments(partner, { msn, subscriptionKey, system }) {
  const client = Client({
    merchantSerialNumber: msn,
    subscriptionKey,
    useTestMode: false,
    retryRequests: false,
    systemName: system.name,
    systemVersion: system.version,
    // The SDK sends empty headers for those it isn't given.
    pluginName: system.pluginName,
    pluginVersion: system.pluginVersion,
  })
  const token = async () => (await partner.accessToken()).secret()
  return {
    create: async (payment) => await client.payment.create(await token(), payment),
    info: async (reference) => await client.payment.info(await token(), reference),
  }
}
