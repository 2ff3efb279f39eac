// A program that starts an emulator and waits: for tests of what is left when such a program ends.

import Foundation
import VippsEmulator

let count = Int(ProcessInfo.processInfo.environment["MERCHANTS"] ?? "") ?? 1
do {
    let vipps = try await Emulator.start(.init(merchants: (0..<count).map { String(100_000 + $0) }))
    // At once, also into a pipe.
    FileHandle.standardOutput.write(Data((vipps.baseURL + "\n").utf8))
    while readLine() != nil {}
    await vipps.stop()
} catch {
    print(error)
}
