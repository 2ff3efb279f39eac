// Starts an emulator, prints where it is, and ends as the first argument says.

import { Worker, isMainThread, parentPort } from 'node:worker_threads'

import { Emulator } from 'vipps-emulator'

const [, , way] = process.argv

if (!isMainThread) {
  const vipps = await Emulator.start()
  parentPort.postMessage(vipps.baseUrl)
  setInterval(() => {}, 1000)
} else if (way === 'starting') {
  Emulator.start()
  process.exit(0)
} else if (way === 'worker') {
  const worker = new Worker(new URL(import.meta.url))
  worker.once('message', async (url) => {
    await worker.terminate()
    console.log(url)
  })
} else {
  const vipps = await Emulator.start()
  await vipps.now()
  console.log(vipps.baseUrl)
  if (way === 'exit') process.exit(3)
  if (way === 'throw') setImmediate(() => { throw new Error('on purpose') })
  if (way === 'reject') Promise.reject(new Error('on purpose'))
  if (way === 'abort') process.abort()
  if (way.startsWith('SIG')) {
    setInterval(() => {}, 1000)
    process.kill(process.pid, way)
  }
}
