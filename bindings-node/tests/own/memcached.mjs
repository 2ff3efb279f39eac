// A Memcached of a test's own, on a port of this machine that was free, and a cache through it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'

import { Client } from 'memjs'

import { freePort } from '../fleet/redis.mjs'

/** The address of a server that stops with the test. */
export async function memcached(t) {
  const port = await freePort()
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const server = spawn('memcached', ['-l', '127.0.0.1', '-p', String(port), '-U', '0', ...user], { stdio: 'inherit' })
  t.after(async () => {
    server.kill('SIGKILL')
    await once(server, 'close')
  })
  while (!(await answers(port))) await setTimeout(10)
  return `127.0.0.1:${port}`
}

function answers(port) {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => socket.on('connect', () => resolve(true)).on('error', () => resolve(false))).finally(() => socket.destroy())
}

/** As a backend would that has memjs. */
export function cacheAt(address) {
  const client = Client.create(address)
  return {
    get: async (name) => (await client.get(name)).value,
    set: (name, value, ttl) => client.set(name, value, { expires: ttl / 1000 }),
    add: (name, value, ttl) => client.add(name, value, { expires: ttl / 1000 }),
    delete: (name) => client.delete(name),
    close: () => client.quit(),
  }
}
