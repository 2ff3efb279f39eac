// Calls with OpenTelemetry switched on. Prints the status of each as JSON, and what arrived.

const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')

const provider = new NodeTracerProvider()
provider.register()
registerInstrumentations({ tracerProvider: provider, instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()] })

// Only now, so that it is instrumented.
const outer = require('node:module').createRequire(require.resolve('../../package.json'))
const axios = outer('axios')
const { Agent, request } = outer('undici')
const { Emulator } = require('vipps-emulator')
const { Partner } = require('vipps-partner-auth')

async function main() {
  const vipps = await Emulator.start({ merchants: ['123456'] })
  const options = { keys: await vipps.partnerKeys(), system: { name: 'acme', version: '1' }, environment: vipps.baseUrl }
  const shop = new Partner(options).merchant('123456')
  const url = `${vipps.baseUrl}/epayment/v1/payments/acme-1`
  const dispatcher = new Agent().compose(shop.undici())
  const http = axios.create()
  shop.axios(http)
  await shop.headers()
  await vipps.revokeTokens()
  const statuses = [
    (await shop.fetch(url, { method: 'POST', body: '{}' })).status,
    (await request(url, { dispatcher })).statusCode,
    (await http.get(url)).status,
  ]
  const calls = (await vipps.requests()).filter(({ path }) => path.endsWith('acme-1'))
  const counted = (call, name) => call.headers.filter((header) => header.name === name).length
  console.log(JSON.stringify({ statuses, calls: calls.map((call) => [call.status, counted(call, 'traceparent'), counted(call, 'authorization')]) }))
  await vipps.stop()
  process.exit()
}

main()
