// Writes lib/operations.ts: types and methods for all that ../openapi.json describes, so that no word, default or bound stands
// in this package. `node scripts/generate.mjs --check` only says whether the file is up to date.
//
// How an operation becomes a method: up to two required members are arguments, in the order in which the description requires
// them; one more optional member is an argument too, several are an object of options. With more than two required members all
// are in one object. What is given by one member alone is given by itself.

import { readFileSync, writeFileSync } from 'node:fs'

const source = new URL('../../openapi.json', import.meta.url)
const target = new URL('../lib/operations.ts', import.meta.url)
const { paths, components } = JSON.parse(readFileSync(source, 'utf8'))
const { schemas } = components
// Those that are always there first, in the order in which they were declared.
for (const schema of Object.values(schemas)) {
  const { properties, required = [] } = schema
  if (properties === undefined) continue
  const names = [...required, ...Object.keys(properties).filter((name) => !required.includes(name))]
  schema.properties = Object.fromEntries(names.map((name) => [name, properties[name]]))
}

const operations = Object.values(paths).map(({ post }) => ({
  name: post.operationId,
  about: post.summary,
  input: referred(post.requestBody.content['application/json'].schema),
  output: referred(post.responses['200'].content['application/json'].schema),
}))
const inputs = new Set(operations.map(({ input }) => input))
const outputs = new Set(operations.map(({ output }) => output))
const renamed = new Set(operations.map(({ name }) => name).filter((name) => name.includes('_')))

const text = generate()
if (!process.argv.includes('--check')) writeFileSync(target, text)
else if (text !== readFileSync(target, 'utf8')) {
  console.error('lib/operations.ts is out of date: node scripts/generate.mjs')
  process.exit(1)
}

function generate() {
  const given = reached([...outputs].filter((name) => isWhole(name)), true)
  const taken = reached([...inputs, 'Options'], false)
  const words = Object.keys(schemas).filter((name) => schemas[name].oneOf !== undefined)
  const objects = (set) => [...set].filter((name) => schemas[name].properties !== undefined).sort()
  const isOwnType = (name) => (!inputs.has(name) && !(given.has(name) && !isBoth(name))) || name === 'Options'
  return [
    '// Generated from emulator/openapi.json by scripts/generate.mjs: change the description there.\n',
    "import { MOMENT, SPAN, type Members, type Shape } from './shapes.js'\n",
    ...words.map(wordType),
    ...objects(given).map((name) => interfaceOf(name, true)),
    ...objects(taken).filter(isOwnType).map((name) => interfaceOf(name, false)),
    ...operations.filter(({ input }) => optionsOf(input).length > 0).map(optionsInterface),
    ...objects(new Set([...given, ...taken])).map(shapeConstant),
    operationsClass(),
  ].join('\n')
}

/** An output that is more than one member by itself, and so a type of its own. */
function isWhole(name) {
  return Object.keys(schemas[name].properties ?? {}).length > 0
}

/** All schemas that these consist of. Of an output with one member only what is in it counts. */
function reached(names, areOutputs, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue
    const members = Object.values(schemas[name].properties ?? {})
    const isWrapper = (areOutputs && outputs.has(name) && members.length === 1) || (!areOutputs && inputs.has(name) && name !== 'Options')
    found.add(name)
    reached(members.flatMap(references), areOutputs, found)
    if (isWrapper && areOutputs) found.delete(name)
  }
  return found
}

function references(schema) {
  if (schema.$ref !== undefined) return [referred(schema)]
  return [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap(references)
}

function wordType(name) {
  const { title, description, oneOf } = schemas[name]
  const about = description ?? `${title[0].toUpperCase()}${title.slice(1)}.`
  const lines = oneOf.map((word) => `- \`${word.const}\`: ${inJavaScript(word.description, {})}`)
  const type = oneOf.map((word) => `\n  | ${literal(word.const)}`).join('')
  return `${comment([about, '', ...lines], '')}export type ${typeName(name)} =${type}\n`
}

/** Both ways a type can go: what the emulator gives is complete, what it takes may leave out what has a default. */
function interfaceOf(name, isGiven) {
  const { description, properties, required = [] } = schemas[name]
  const own = Object.entries(properties).map(([member, schema]) => {
    const isOptional = isGiven ? isNullable(schema) || isAnything(schema) : !required.includes(member)
    return property(member, schema, isOptional, isGiven, properties)
  })
  const title = isGiven || !isBoth(name) ? typeName(name) : `New${typeName(name)}`
  return `${comment(paragraphs(description, properties), '')}export interface ${title} {\n${own.join('')}}\n`
}

/** Whether it is given whole, and taken with parts left out. */
function isBoth(name) {
  return reached([...outputs], true).has(name) && required(name).length < Object.keys(schemas[name].properties).length
}

function optionsInterface({ name, input }) {
  const { properties, description } = schemas[input]
  const members = optionsOf(input).map((member) => property(member, properties[member], !required(input).includes(member) , false, properties))
  const about = [`Options of {@link Operations.${camel(name)}}.`, ...(description === undefined ? [] : ['', ...paragraphs(description, properties)])]
  return `${comment(about, '')}export interface ${pascal(name)}Options {\n${members.join('')}}\n`
}

function property(name, schema, isOptional, isGiven, siblings) {
  const type = typeOf(schema, isGiven)
  const about = [...paragraphs(schema.description, siblings, name), ...unit(schema)]
  const mark = isOptional ? '?' : ''
  const orNot = isOptional && !isGiven ? ' | undefined' : ''
  return `${comment(about, '  ')}  ${camel(name)}${mark}: ${type}${orNot}\n`
}

/** Spans are the one thing that differs from the description. */
function unit(schema) {
  return references(schema).includes('Seconds') ? ['In milliseconds.'] : []
}

function shapeConstant(name) {
  const members = Object.entries(schemas[name].properties).map(([member, schema]) => {
    const shape = shapeOf(schema)
    return `  ${camel(member)}: ['${member}'${shape === undefined ? '' : `, ${shape}`}],\n`
  })
  const body = members.length === 0 ? '{}' : `{\n${members.join('')}}`
  return `${name === 'Options' ? '/** @internal */\nexport ' : ''}const ${constant(name)}: Members = ${body}\n`
}

/** What has to be changed on the way, as code; `undefined` where nothing is. */
function shapeOf(schema) {
  const [name] = references(schema)
  if (schema.items !== undefined) {
    const each = shapeOf(schema.items)
    return each && `{ each: ${each} }`
  }
  if (name === 'Seconds') return 'SPAN'
  if (name === 'Moment') return 'MOMENT'
  return name !== undefined && schemas[name].properties !== undefined ? `{ members: () => ${constant(name)} }` : undefined
}

function operationsClass() {
  return `/** Everything that steers and reads a running emulator: one method for each operation of its door. */
export abstract class Operations {
  /** @internal */
  abstract run(operation: string, takes: Members, members: object, options?: object | undefined, gives?: Shape | undefined): Promise<never>
${operations.map(method).join('')}}
`
}

function method({ name, about, input, output }) {
  const { properties } = schemas[input]
  const positional = positionalOf(input)
  const options = optionsOf(input)
  const all = positional.map((member) => parameter(input, member))
  if (options.length > 0) {
    const isNeeded = required(input).some((member) => options.includes(member))
    all.push({ declared: `options${isNeeded ? '' : '?'}: ${pascal(name)}Options${isNeeded ? '' : ' | undefined'}` })
  }
  const tags = positional.map((member) => {
    const told = [...paragraphs(properties[member].description, properties, member), ...unit(properties[member])].join(' ')
    return `@param ${parameterName(member)} ${told}`
  })
  const members = positional.map((member) => {
    const given = parameterName(member)
    return given === camel(member) ? given : `${camel(member)}: ${given}`
  })
  const { type, take } = result(output)
  const takes = Object.keys(properties ?? {}).length === 0 ? '{}' : constant(input)
  const passed = [`'${name}'`, takes, members.length === 0 ? '{}' : `{ ${members.join(', ')} }`]
  const shape = isWhole(output) ? outputShape(output) : undefined
  if (options.length > 0 || shape !== undefined) passed.push(options.length > 0 ? 'options' : 'undefined')
  if (shape !== undefined) passed.push(shape)
  const called = `await this.run(${passed.join(', ')})`
  return `
${comment([...paragraphs(about), ...(tags.length > 0 ? ['', ...tags] : [])], '  ')}  async ${camel(name)}(${all.map(({ declared }) => declared).join(', ')}): Promise<${type}> {
    ${take(called)}
  }
`
}

function outputShape(name) {
  const { properties } = schemas[name]
  if (Object.keys(properties).length > 1) return `{ members: () => ${constant(name)} }`
  const [[member, schema]] = Object.entries(properties)
  const shape = shapeOf(schema)
  const own = shape === undefined ? '' : `, ${shape}`
  return `{ members: () => ({ ${camel(member)}: ['${member}'${own}] }) }`
}

/** The type that a method gives, and how it is taken out of the reply. */
function result(name) {
  const members = Object.entries(schemas[name].properties ?? {})
  if (members.length === 0) return { type: 'void', take: (called) => called }
  if (members.length > 1) return { type: typeName(name), take: (called) => `return ${called}` }
  const [[member, schema]] = members
  const orNot = isNullable(schema) ? ' | undefined' : ''
  const type = typeOf(schema, true)
  return { type: `${type}${orNot}`, take: (called) => `const given: { ${camel(member)}${orNot && '?'}: ${type} } = ${called}\n    return given.${camel(member)}` }
}

function required(input) {
  return schemas[input].required ?? []
}

function positionalOf(input) {
  if (required(input).length > 2) return []
  const rest = Object.keys(schemas[input].properties ?? {}).filter((member) => !required(input).includes(member))
  return [...required(input), ...(rest.length === 1 ? rest : [])]
}

function optionsOf(input) {
  const positional = positionalOf(input)
  return Object.keys(schemas[input].properties ?? {}).filter((member) => !positional.includes(member))
}

function parameter(input, member) {
  const isOptional = !required(input).includes(member)
  const type = typeOf(schemas[input].properties[member], false)
  return { declared: `${parameterName(member)}${isOptional ? '?' : ''}: ${type}${isOptional ? ' | undefined' : ''}` }
}

/** The unit in a name is that of the description. */
function parameterName(member) {
  return member === 'seconds' ? 'milliseconds' : camel(member)
}

function typeOf(schema, isGiven) {
  if (schema.$ref !== undefined) return typeOfReference(referred(schema), isGiven)
  if (schema.anyOf !== undefined) {
    return schema.anyOf.filter(({ type }) => type !== 'null').map((one) => typeOf(one, isGiven)).join(' | ')
  }
  const [type] = [schema.type].flat().filter((one) => one !== 'null')
  switch (type) {
    case 'array':
      return `${typeOf(schema.items, isGiven)}[]`
    case 'object':
      return `{ [name: string]: ${schema.additionalProperties === true ? 'unknown' : typeOf(schema.additionalProperties, isGiven)} }`
    case 'integer':
      return 'number'
    case undefined:
      return 'unknown'
    default:
      return type
  }
}

function typeOfReference(name, isGiven) {
  if (name === 'Seconds') return 'number'
  if (name === 'Moment') return isGiven ? 'Date' : 'Date | number'
  const schema = schemas[name]
  if (schema.oneOf !== undefined) return typeName(name)
  if (schema.properties === undefined) return typeOf(schema, isGiven)
  return isGiven || !isBoth(name) ? typeName(name) : `New${typeName(name)}`
}

function isNullable(schema) {
  return [schema.type].flat().includes('null') || (schema.anyOf ?? []).some(({ type }) => type === 'null')
}

function isAnything(schema) {
  return schema.type === undefined && schema.$ref === undefined && schema.anyOf === undefined
}

/** Names that would say nothing outside of the description. */
function typeName(name) {
  return { Options: 'EmulatorOptions', Now: 'EmulatorTime', Info: 'EmulatorInfo' }[name] ?? name
}

function referred({ $ref }) {
  return $ref.split('/').at(-1)
}

function paragraphs(about, members = {}, self) {
  return about === undefined ? [] : about.split('\n\n').flatMap((one, at) => [...(at === 0 ? [] : ['']), inJavaScript(one, members, self)])
}

/** Names as they are here, where a text names operations or the other members. */
function inJavaScript(about, members, self) {
  return about.replaceAll('\n', ' ').replace(/`(\w+)`/g, (whole, word) => {
    if (word === 'null') return '`undefined`'
    const isName = renamed.has(word) || (word !== self && Object.hasOwn(members, word))
    return isName ? `\`${camel(word)}\`` : whole
  })
}

function comment(lines, indent) {
  const told = lines.length === 1 || lines.every((line) => line !== '' && !line.startsWith('@') && !line.startsWith('-')) ? [lines.join(' ')] : lines
  const wrapped = told.flatMap((line) => wrap(line, 120 - indent.length))
  if (wrapped.length === 0 || wrapped.join('') === '') return ''
  if (wrapped.length === 1) return `${indent}/** ${wrapped[0]} */\n`
  return `${indent}/**\n${wrapped.map((line) => `${indent} *${line && ` ${line}`}\n`).join('')}${indent} */\n`
}

function wrap(line, width) {
  const lines = ['']
  for (const word of line.split(' ')) {
    const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`
    if (longer.length > width && lines.at(-1) !== '') lines.push(word)
    else lines[lines.length - 1] = longer
  }
  return lines
}

function literal(word) {
  return typeof word === 'number' ? String(word) : `'${word}'`
}

function camel(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())
}

function pascal(name) {
  const own = camel(name)
  return own[0].toUpperCase() + own.slice(1)
}

function constant(name) {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
