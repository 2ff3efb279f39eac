// The blocks of the README and of the pages in docs.

import { readFileSync, readdirSync } from 'node:fs'

const docs = new URL('../../docs/', import.meta.url)
const pages = readdirSync(docs).filter((name) => name.endsWith('.md'))

/** Those of the package's README. */
export const README = blocks(new URL('../README.md', import.meta.url), 'README')

/** Those of the repository's README, and of the guide. */
export const GUIDE = [['README.md', new URL('../../README.md', import.meta.url)], ...pages.map((name) => [name, new URL(name, docs)])]
  .flatMap(([name, url]) => blocks(url, name))

function blocks(url, page) {
  const text = readFileSync(url, 'utf8')
  if (text.includes('<!-- fragments -->')) return []
  const found = text.matchAll(/^```(\w+)(?: title="([^"]*)")?\n(.*?)^```$/gms)
  return Array.from(found, ([, language, title, code]) => ({ page, language, title, code }))
}
