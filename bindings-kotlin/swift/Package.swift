// swift-tools-version: 6.0
import PackageDescription

// `cargo xtask` puts the generated sources and, in `native`, the libraries beside this file. Where an app is built for
// Apple's platforms, an XCFramework takes the place of the two system libraries.
let native = Context.packageDirectory + "/native"
let library: [LinkerSetting] = [.unsafeFlags(["-L\(native)", "-Xlinker", "-rpath", "-Xlinker", native])]

let package = Package(
    name: "VippsPartnerAuth",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [
        .library(name: "VippsPartnerAuth", targets: ["VippsPartnerAuth"]),
        .library(name: "VippsEmulator", targets: ["VippsEmulator"]),
    ],
    targets: [
        .systemLibrary(name: "VippsPartnerAuthFFI"),
        .target(name: "VippsPartnerAuthNative", dependencies: ["VippsPartnerAuthFFI"], linkerSettings: library),
        .target(name: "VippsPartnerAuth", dependencies: ["VippsPartnerAuthNative"]),
        .systemLibrary(name: "VippsEmulatorFFI"),
        .target(name: "VippsEmulatorNative", dependencies: ["VippsEmulatorFFI"], linkerSettings: library),
        .target(name: "VippsEmulator", dependencies: ["VippsEmulatorNative", "VippsPartnerAuth"]),
        .testTarget(name: "VippsPartnerAuthTests", dependencies: ["VippsPartnerAuth", "VippsEmulator"]),
    ],
    // The compiler of Swift 6.0 ends in a crash on generated code in the mode of version 6.
    swiftLanguageModes: [.v5]
)
