// swift-tools-version: 6.0
import PackageDescription

// For apps: checks ID tokens and callbacks, and has no type that can hold keys. `xcframework.sh` puts the XCFramework, the
// shared sources and the generated ones beside this file; on Linux `cargo xtask` does, with a plain library.
#if os(macOS)
    let library = Target.binaryTarget(name: "VippsPartnerAuthFFI", path: "VippsPartnerAuthFFI.xcframework")
    let settings = ["Security", "CoreFoundation", "SystemConfiguration"].map { LinkerSetting.linkedFramework($0) }
#else
    let native = Context.packageDirectory + "/native"
    let library = Target.systemLibrary(name: "VippsPartnerAuthFFI")
    let settings: [LinkerSetting] = [.unsafeFlags(["-L\(native)", "-Xlinker", "-rpath", "-Xlinker", native])]
#endif

let package = Package(
    name: "VippsPartnerAuthApp",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [.library(name: "VippsPartnerAuth", targets: ["VippsPartnerAuth"])],
    targets: [
        library,
        .target(name: "VippsPartnerAuthNative", dependencies: ["VippsPartnerAuthFFI"], linkerSettings: settings),
        .target(name: "VippsPartnerAuth", dependencies: ["VippsPartnerAuthNative"]),
        .testTarget(name: "VippsPartnerAuthAppTests", dependencies: ["VippsPartnerAuth"]),
    ],
    swiftLanguageModes: [.v6]
)
