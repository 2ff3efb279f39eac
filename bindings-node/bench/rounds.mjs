// Round by round, every case once in each: the machines are shared, so only ratios within a round mean anything.

const MILLISECONDS = 15

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
  const times = {}
  const isAsync = {}
  for (const name of names) {
    isAsync[name] = cases[name]() instanceof Promise
    const once = await timed(cases[name], 200, isAsync[name])
    times[name] = Math.max(10, Math.ceil((MILLISECONDS * 1e6) / once))
  }
  const measured = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) measured[name].push(await timed(cases[name], times[name], isAsync[name]))
  }
  return names.map((name) => {
    const ratios = measured[name].map((time, round) => time / measured[names[0]][round])
    return { name, nanoseconds: Math.round(Math.min(...measured[name])), ratio: median(ratios) }
  })
}

export function median(values) {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)]
}
