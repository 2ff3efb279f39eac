// What was expected beside what came.

import assert from 'node:assert/strict'
import { inspect } from 'node:util'

/** Whether exactly these requests were sent, in this order. */
export function compareRequests(steps, seen, where) {
  assert.equal(seen.length, steps.length, `${where}: number of requests`)
  steps.forEach(({ request }, at) => compareRequest(request, seen[at], where))
}

function compareRequest({ method, path, headers = {}, absent = [], body, form, ...unknown }, seen, where) {
  assert.deepEqual(unknown, {}, where)
  const query = seen.query === undefined ? '' : `?${seen.query}`
  assert.deepEqual([seen.method, seen.path + query], [method, path], where)
  const values = (name) => seen.headers.filter((header) => header.name === name).map(({ value }) => value)
  for (const [name, value] of Object.entries(headers)) assert.deepEqual(values(name), [value], `${where}: ${name}`)
  for (const name of absent) assert.deepEqual(values(name), [], `${where}: ${name}`)
  if (form === undefined) return assert.equal(seen.body, body, where)
  const sent = [...new URLSearchParams(seen.body)]
  assert.deepEqual(sent.map(([name, value], at) => [name, masked(value, form[at]?.[1])]), form, where)
}

/** `{random}` stands for 43 characters that nobody can foresee. */
function masked(value, expected) {
  return expected === '{random}' && /^[A-Za-z0-9_-]{43}$/.test(value) ? expected : value
}

export function compareOutcome({ op, given, result }, { value, error }, where) {
  if (result.error !== undefined) return compareError(result.error, error, value, where)
  assert.equal(error, undefined, `${where}: ${error?.stack}`)
  if (op !== 'id_token') return assert.deepEqual(value, result.ok, where)
  // Of claims, those are compared that the case names.
  for (const [name, claim] of Object.entries(result.ok.claims)) assert.deepEqual(value.claims[name], claim, `${where}: ${name}`)
}

const PROPERTIES = {
  code: (error) => error.code,
  field: (error) => error.field,
  claim: (error) => error.claim,
  reason: (error) => error.reason,
  oauth_error: (error) => error.oauthError,
  trace_id: (error) => error.traceId,
  retry_after: (error) => error.retryAfter && Math.ceil(error.retryAfter / 1000),
  has_hint: (error) => error.hint !== undefined,
}

function compareError(expected, error, value, where) {
  assert.equal(error?.name, 'VippsAuthError', `${where}: ${error?.stack ?? inspect(value)}`)
  for (const [name, property] of Object.entries(expected)) {
    assert.ok(Object.hasOwn(PROPERTIES, name), `unknown property ${name}`)
    assert.deepEqual(PROPERTIES[name](error) ?? null, property, `${where}: ${name}`)
  }
  assert.doesNotMatch(inspect(error), /fixture-Secret|fixture-login-access-token/, `${where}: a secret is shown`)
}
