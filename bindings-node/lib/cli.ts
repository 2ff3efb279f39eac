// `npx vipps-partner-auth doctor`: is everything as it must be before the first customer comes?

import { native } from './native.js'

const [command, ...given] = process.argv.slice(2)

if (command === 'doctor') {
  const { text, exitCode } = native.doctor(given)
  process.stdout.write(text)
  process.exitCode = exitCode
} else {
  process.stderr.write('usage: vipps-partner-auth doctor [--help]\n')
  process.exitCode = 2
}
