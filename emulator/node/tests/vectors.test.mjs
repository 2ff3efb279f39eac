// The shared vectors of the operations (tests/vectors/emulator.json), through the methods.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { test } from 'node:test'

import { Emulator, EmulatorError } from 'vipps-emulator'

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
const { paths, components } = read('../../openapi.json')
const { cases } = read('../../../tests/vectors/emulator.json')

for (const { id, comment, steps } of cases) {
  test(`${id}: ${comment}`, async () => {
    const vipps = await Emulator.start()
    const known = {}
    try {
      for (const [at, step] of steps.entries()) {
        const label = `${id} step ${at}`
        const seen = step.call === undefined ? await exchanged(vipps, step, known, label) : await called(vipps, step, known, label)
        if (step.as !== undefined) known[step.as] = seen
      }
    } finally {
      await vipps.stop()
    }
  })
}

test('a wrong expectation is noticed', () => {
  assert.throws(() => contains({ a: [1] }, { a: [2] }, ''), assert.AssertionError)
  assert.throws(() => contains({ a: [1] }, { a: [] }, ''), assert.AssertionError)
  assert.throws(() => contains({}, { a: 'x' }, ''), assert.AssertionError)
})

async function called(vipps, { call, input, gives, refused }, known, label) {
  const { post } = paths[`/emulator/control/${call}`] ?? {}
  const given = filled(input, known)
  let output
  try {
    output = post === undefined ? await vipps.run(call, {}, {}, given) : await method(vipps, call, post, given)
  } catch (error) {
    assert.ok(error instanceof EmulatorError && refused !== undefined, `${label}: ${error.stack}`)
    assert.deepEqual([error.code, error.member ?? null], [refused.code, refused.member ?? null], label)
    return undefined
  }
  assert.equal(refused, undefined, label)
  const told = there(schemaOf(post.responses['200']), output)
  contains(told, filled(gives ?? null, known), label)
  return told
}

/** The call as a program would write it. What no method has a place for goes by name. */
async function method(vipps, operation, post, input) {
  const schema = schemaOf(post.requestBody)
  const { properties = {}, required = [] } = schema
  const optional = Object.keys(properties).filter((name) => !required.includes(name))
  const isInOne = required.length > 2
  const positional = isInOne ? [] : [...required, ...(optional.length === 1 ? optional : [])]
  const own = here(schema, input)
  const rest = Object.fromEntries(Object.entries(own).filter(([name]) => !positional.some((member) => camel(member) === name)))
  const takesOptions = Object.keys(properties).length > positional.length
  if (Object.keys(rest).length > 0 && !takesOptions) return await vipps.run(operation, {}, {}, input)
  const args = positional.map((name) => own[camel(name)])
  const output = await vipps[camel(operation)](...args, ...(takesOptions ? [rest] : []))
  const members = Object.keys(schemaOf(post.responses['200']).properties ?? {})
  return members.length === 1 ? { [camel(members[0])]: output } : output
}

const schemaOf = ({ content }) => resolved(content['application/json'].schema)
const named = ({ $ref = '' }) => $ref.split('/').at(-1)
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())

function resolved(schema) {
  const [only = schema] = (schema.anyOf ?? []).filter(({ type }) => type !== 'null')
  return components.schemas[named(only)] ?? only
}

/** A value of the description as it is here. */
function here(schema, value) {
  return changed(schema, value, (object, members) =>
    Object.fromEntries(Object.entries(object).map(([name, member]) => [name in members ? camel(name) : name, here(members[name] ?? {}, member)])),
  )
}

/** A value of ours as the description has it. */
function there(schema, value) {
  if (value instanceof Date) return value.getTime() / 1000
  return changed(schema, value, (object, members) =>
    Object.fromEntries(Object.keys(members).map((name) => [name, there(members[name], object[camel(name)])])),
  )
}

function changed(schema, value, object) {
  const [only = schema] = (schema.anyOf ?? []).filter(({ type }) => type !== 'null')
  if (typeof value === 'number' && ['Seconds', 'Moment'].includes(named(only))) return value * 1000
  const { properties, items } = resolved(schema)
  if (Array.isArray(value)) return items === undefined ? value : value.map((one) => changed(items, one, object))
  if (typeof value !== 'object' || value === null || properties === undefined) return value
  return object(value, properties)
}

async function exchanged(vipps, step, known, label) {
  const { method, path, headers, body = '' } = filled(step.request, known)
  const expected = filled(step.reply, known)
  const reply = await sent(`${vipps.baseUrl}${path}`, { method, headers }, body)
  assert.equal(reply === undefined, expected.dropped === true, label)
  if (reply === undefined) return undefined
  assert.equal(reply.status, expected.status, `${label}: ${reply.text}`)
  for (const [name, value] of Object.entries(expected.headers ?? {})) assert.equal(reply.headers[name.toLowerCase()], value, label)
  const json = parsed(reply.text)
  contains(json, expected.json ?? null, label)
  for (const name of expected.absent ?? []) assert.equal(json[name], undefined, label)
  return { json }
}

/** As it stands: `fetch` adds headers, and follows redirects. */
function sent(url, options, body) {
  return new Promise((resolve) => {
    const sending = request(url, { ...options, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
    sending.on('error', () => resolve(undefined))
    sending.end(body)
  })
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Some members; items at their place; `[]` means empty; `null` says nothing. */
function contains(seen, expected, label) {
  if (expected === null) return
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(seen) && seen.length >= expected.length && (expected.length > 0 || seen.length === 0), `${label}: ${JSON.stringify(seen)}`)
    return expected.forEach((item, at) => contains(seen[at], item, label))
  }
  if (typeof expected !== 'object') return assert.equal(seen, expected, label)
  for (const [name, member] of Object.entries(expected)) contains(seen?.[name], member, `${label} ${name}`)
}

function filled(value, known) {
  if (typeof value === 'string') return value.replace(/\{\{(.*?)\}\}/g, (_, place) => placed(place, known))
  if (Array.isArray(value)) return value.map((one) => filled(one, known))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled(member, known)]))
}

function placed(place, known) {
  if (place.startsWith('b64:')) {
    const [, id, secret] = place.split(':')
    return Buffer.from(`${placed(id, known)}:${placed(secret, known)}`).toString('base64')
  }
  const value = place.split('.').reduce((object, name) => object?.[name], known)
  assert.equal(typeof value, 'string', `nothing is known of ${place}`)
  return value
}
