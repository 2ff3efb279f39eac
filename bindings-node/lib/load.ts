// Where the native part is found.
//
// Each place is written out in a `require` of its own, with a literal: that is how tracers and bundlers (@vercel/nft, esbuild,
// webpack, Bun) learn that it belongs to the program. Each stands in a `try`, so that they let those pass that are not there.

import type { Native } from './native.js'

declare const PACKAGE_VERSION: string

export function load(): Native {
  const failures: unknown[] = []
  for (const platform of platforms()) {
    const found = beside(platform, failures) ?? installed(platform, failures)
    if (found !== undefined) return checked(platform, found)
  }
  throw new Error(noBinary(failures), { cause: new AggregateError(failures, 'every place was tried') })
}

/** How the binaries for this machine are named. On Linux the C library is part of the name, and only loading tells which fits. */
function platforms(): string[] {
  const { platform, arch } = process
  if (platform === 'linux') return [`linux-${arch}-gnu`, `linux-${arch}-musl`]
  return [platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`]
}

/** In this package: in its repository, and where both were packed as one. */
function beside(platform: string, failures: unknown[]): Native | undefined {
  try {
    switch (platform) {
      case 'linux-x64-gnu':
        return require('../vipps-partner-auth.linux-x64-gnu.node')
      case 'linux-x64-musl':
        return require('../vipps-partner-auth.linux-x64-musl.node')
      case 'linux-arm64-gnu':
        return require('../vipps-partner-auth.linux-arm64-gnu.node')
      case 'linux-arm64-musl':
        return require('../vipps-partner-auth.linux-arm64-musl.node')
      case 'darwin-x64':
        return require('../vipps-partner-auth.darwin-x64.node')
      case 'darwin-arm64':
        return require('../vipps-partner-auth.darwin-arm64.node')
      case 'win32-x64-msvc':
        return require('../vipps-partner-auth.win32-x64-msvc.node')
      case 'win32-arm64-msvc':
        return require('../vipps-partner-auth.win32-arm64-msvc.node')
    }
  } catch (error) {
    failures.push(error)
  }
  return undefined
}

/** In the package for the platform. */
function installed(platform: string, failures: unknown[]): Native | undefined {
  try {
    switch (platform) {
      case 'linux-x64-gnu':
        return require('vipps-partner-auth-linux-x64-gnu')
      case 'linux-x64-musl':
        return require('vipps-partner-auth-linux-x64-musl')
      case 'linux-arm64-gnu':
        return require('vipps-partner-auth-linux-arm64-gnu')
      case 'linux-arm64-musl':
        return require('vipps-partner-auth-linux-arm64-musl')
      case 'darwin-x64':
        return require('vipps-partner-auth-darwin-x64')
      case 'darwin-arm64':
        return require('vipps-partner-auth-darwin-arm64')
      case 'win32-x64-msvc':
        return require('vipps-partner-auth-win32-x64-msvc')
      case 'win32-arm64-msvc':
        return require('vipps-partner-auth-win32-arm64-msvc')
    }
  } catch (error) {
    failures.push(error)
  }
  return undefined
}

/** The two are packages of their own, so an update may have reached one of them alone. */
function checked(platform: string, native: Native): Native {
  if (native.VERSION === PACKAGE_VERSION) return native
  throw new Error(
    `vipps-partner-auth ${PACKAGE_VERSION} found the binary of ${native.VERSION ?? 'another version'} (${platform}). ${repair(platform)}`,
  )
}

function noBinary(failures: unknown[]): string {
  const { platform, arch, version } = process
  const libc = platform === 'linux' ? ` ${cLibrary()}` : ''
  // A binary that is there but does not load says more than all the places where there is none.
  const told = failures.map((error) => (error as Error).message.split('\n')[0] ?? '')
  const broken = told.filter((text) => !/^Cannot find (module|package)/.test(text))
  const packages = platforms().map((name) => `vipps-partner-auth-${name}`)
  return [
    `vipps-partner-auth has no binary that works here (${platform} ${arch}${libc}, Node ${version}).`,
    broken.length === 0 ? `None of these is installed: ${packages.join(', ')}.` : `Found, but of no use here: ${broken.join('; ')}.`,
    `${repair(platforms()[cLibrary() === 'musl' ? 1 : 0] ?? '')}`,
    'Install again without --no-optional and --omit=optional, on the same kind of machine that runs the program;',
    'on Linux the binary needs glibc 2.17 or newer, or musl. A bundler must take the .node file along or leave this package external.',
  ].join('\n')
}

/** The command that mends it. */
function repair(platform: string): string {
  const [os, cpu, libc] = platform.split('-')
  const library = os === 'linux' ? ` --libc=${libc === 'musl' ? 'musl' : 'glibc'}` : ''
  return `Run: npm install vipps-partner-auth@${PACKAGE_VERSION} --include=optional --os=${os} --cpu=${cpu}${library}`
}

/** Asked only when something is wrong: the report is slow. */
function cLibrary(): 'glibc' | 'musl' {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
}
