// A program that starts an emulator and waits: for tests of what is left when such a program ends.

import Foundation
import VippsEmulator

setvbuf(stdout, nil, _IOLBF, 0)
let count = Int(ProcessInfo.processInfo.environment["MERCHANTS"] ?? "") ?? 1
do {
    let vipps = try await Emulator.start(.init(merchants: (0..<count).map { String(100_000 + $0) }))
    print(vipps.baseURL)
    while readLine() != nil {}
    await vipps.stop()
} catch {
    print(error)
}
