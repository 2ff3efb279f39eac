// A Redis of a test's own, on a port of this machine that was free.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** The URL of a server that stops with the test. */
export async function redis(t) {
  const port = await freePort()
  const quiet = ['--save', '', '--appendonly', 'no', '--loglevel', 'notice']
  const server = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(port), ...quiet], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    server.kill('SIGKILL')
    await once(server, 'close')
  })
  const told = []
  for await (const line of createInterface({ input: server.stdout })) {
    told.push(line)
    if (/ready to accept connections/i.test(line)) return `redis://127.0.0.1:${port}/0`
  }
  throw new Error(told.join('\n'))
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
