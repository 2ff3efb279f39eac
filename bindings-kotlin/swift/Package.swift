// swift-tools-version: 6.0
import PackageDescription

// `cargo xtask` puts the generated sources and, in `native`, the library beside this file. Where an app is built for
// Apple's platforms, an XCFramework takes the place of the system library.
let native = Context.packageDirectory + "/native"
let library: [LinkerSetting] = [.unsafeFlags(["-L\(native)", "-Xlinker", "-rpath", "-Xlinker", native])]

let package = Package(
    name: "VippsPartnerAuth",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [
        .library(name: "VippsPartnerAuth", targets: ["VippsPartnerAuth"]),
        .library(name: "VippsEmulator", targets: ["VippsEmulator"]),
        .library(name: "VippsEmulatorTesting", targets: ["VippsEmulatorTesting"]),
    ],
    targets: [
        .systemLibrary(name: "VippsPartnerAuthFFI"),
        .target(name: "VippsPartnerAuthNative", dependencies: ["VippsPartnerAuthFFI"], linkerSettings: library),
        .target(name: "VippsPartnerAuth", dependencies: ["VippsPartnerAuthNative"]),
        .target(name: "VippsEmulator", dependencies: ["VippsPartnerAuth"]),
        // Apart, since these two need the frameworks of the test runners.
        .target(name: "VippsEmulatorTesting", dependencies: ["VippsEmulator"]),
        // Of the tests.
        .executableTarget(name: "EmulatorHolder", dependencies: ["VippsEmulator"], path: "Tests/EmulatorHolder"),
        .testTarget(
            name: "VippsPartnerAuthTests", dependencies: ["VippsPartnerAuth", "VippsEmulator", "VippsEmulatorTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
