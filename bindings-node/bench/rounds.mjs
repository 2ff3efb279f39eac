// Round by round, every case once in each, in an order that changes: the machines are shared, so only ratios within a round
// mean anything, and a machine that grants its time by the tenth of a second must not meet the same case each time.

const MILLISECONDS = 4

/** Time per call in nanoseconds. An async call is awaited before the next. */
async function timed(call, times, isAsync) {
  const start = process.hrtime.bigint()
  if (isAsync) for (let i = 0; i < times; i += 1) await call()
  else for (let i = 0; i < times; i += 1) call()
  return Number(process.hrtime.bigint() - start) / times
}

/** `cases`: name to call; the first is what the others are compared with. */
export async function compare(cases, rounds) {
  const names = Object.keys(cases)
  const plan = []
  for (const name of names) plan.push(await planned(name, cases[name]))
  const measured = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, call, times, isAsync } of shuffled(plan)) measured[name].push(await timed(call, times, isAsync))
  }
  return names.map((name) => {
    const ratios = measured[name].map((time, round) => time / measured[names[0]][round])
    return { name, nanoseconds: Math.round(Math.min(...measured[name])), ratio: median(ratios) }
  })
}

/** How often to call it, once the compiler has done with it. */
async function planned(name, call) {
  const isAsync = call() instanceof Promise
  const first = await timed(call, 200, isAsync)
  const once = await timed(call, Math.ceil(2e7 / first), isAsync)
  return { name, call, isAsync, times: Math.max(10, Math.ceil((MILLISECONDS * 1e6) / once)) }
}

export function shuffled(list) {
  const order = [...list]
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1))
    ;[order[at], order[other]] = [order[other], order[at]]
  }
  return order
}

export function median(values) {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)]
}
