/** How programs for this platform are named; the same as in lib/program.ts. */
export function thisPlatform() {
  const { platform, arch } = process
  if (platform === 'linux') return `linux-${arch}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`
}

export function fileOf(platform) {
  return `vipps-emulator.${platform}${platform.startsWith('win32') ? '.exe' : ''}`
}
