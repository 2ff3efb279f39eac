// The guide's recipe for OpenTelemetry's metrics, with its SDK.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { GUIDE } from '../documents.mjs'
import { SYSTEM, emulator } from '../support.mjs'

const BEFORE = `
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] })
metrics.setGlobalMeterProvider(provider)
`
const AFTER = `
await partner.headers()
let found = []
// An event comes when it comes.
while (!found.some(({ descriptor, dataPoints }) => descriptor.name === 'vipps_partner_auth.events' && dataPoints.length > 0)) {
  exporter.reset()
  await provider.forceFlush()
  found = exporter.getMetrics().at(-1)?.scopeMetrics[0].metrics ?? []
}
console.log(JSON.stringify(found.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.map((point) => [point.attributes, point.value])])))
await provider.shutdown()
`

test('OpenTelemetry: counters and events are metrics', async (t) => {
  const vipps = await emulator(t)
  const { clientId, clientSecret, subscriptionKey } = await vipps.partnerKeys()
  const env = {
    ...process.env,
    VIPPS_CLIENT_ID: clientId,
    VIPPS_CLIENT_SECRET: clientSecret,
    VIPPS_SUBSCRIPTION_KEY: subscriptionKey,
    VIPPS_SYSTEM_NAME: SYSTEM.name,
    VIPPS_SYSTEM_VERSION: SYSTEM.version,
    VIPPS_ENVIRONMENT: vipps.baseUrl,
  }
  const { code } = GUIDE.find(({ title }) => title === 'metrics.mjs')
  const [imports, rest] = [code.match(/^import .*\n/gm).join(''), code.replaceAll(/^import .*\n/gm, '')]
  const printed = await run(imports + BEFORE + rest + AFTER, env)
  const found = Object.fromEntries(JSON.parse(printed.trim().split('\n').at(-1)))
  const value = (name, attributes) => found[name].find(([given]) => JSON.stringify(given) === JSON.stringify(attributes))?.[1]
  assert.equal(value('vipps_partner_auth', { counter: 'tokensFetched' }), 1)
  assert.equal(value('vipps_partner_auth.events', { name: 'token_fetched' }), 1)
})

function run(code, env) {
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += chunk))
  child.stdin.end(code)
  return new Promise((resolve, reject) => {
    child.on('close', (status) => (status === 0 ? resolve(printed) : reject(new Error(`it ended with ${status}`))))
  })
}
