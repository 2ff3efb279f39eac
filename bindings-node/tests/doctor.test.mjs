// The doctor: as a call, and as `npx vipps-partner-auth doctor`.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Emulator } from 'vipps-emulator'
import { Partner, PartnerKeys } from 'vipps-partner-auth'

const vipps = await Emulator.start({ merchants: ['123456'] })
test.after(() => vipps.stop())

const partnerOf = (keys) => new Partner({ keys, system: { name: 'acme', version: '1' }, environment: vipps.baseUrl, onEvent() {} })

test('a partner at work is examined', async () => {
  const report = await partnerOf(await vipps.partnerKeys()).doctor({ msns: ['123456'], redirectUri: 'https://shop.example/callback' })
  assert.equal(report.outcome, 'ok', String(report))
  assert.ok(report.findings.some(({ check }) => check === 'sales_unit'))
  assert.match(String(report), /0 faults, 0 warnings/)
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(report))).sort(), ['environment', 'findings', 'keys', 'outcome', 'version'])
})

test('what is wrong is told and nothing is thrown', async () => {
  const wrong = new PartnerKeys({ clientId: 'acme', clientSecret: 'wrong-secret', subscriptionKey: 'wrong-key' })
  const report = await partnerOf(wrong).doctor()
  assert.equal(report.outcome, 'fault')
  assert.doesNotMatch(JSON.stringify(report) + report, /wrong-/)
  await assert.rejects(partnerOf(wrong).doctor({ msns: ['12'] }), { code: 'invalid_config', field: 'msn' })
  await assert.rejects(partnerOf(wrong).doctor({ msn: '123456' }), TypeError)
})

test('the program reads the variables and ends with a code', () => {
  const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  const run = (...given) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...given], { env: {}, encoding: 'utf8' })
    return { status, printed: stdout + stderr }
  }
  const bare = run('doctor', '--offline', '--json')
  assert.equal(bare.status, 1)
  assert.match(JSON.parse(bare.printed).findings[0].detail, /VIPPS_CLIENT_ID/)
  assert.equal(run('doctor', '--help').status, 0)
  assert.equal(run('doctor', '--colour').status, 2)
  assert.equal(run().status, 2)
})
