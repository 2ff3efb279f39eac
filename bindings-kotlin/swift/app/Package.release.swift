// swift-tools-version: 6.0
import PackageDescription

// For apps: checks ID tokens and callbacks, and has no type that can hold keys. `release.sh` fills in address and checksum.
let package = Package(
    name: "VippsPartnerAuth",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [.library(name: "VippsPartnerAuth", targets: ["VippsPartnerAuth"])],
    targets: [
        .binaryTarget(name: "VippsPartnerAuthFFI", url: "__URL__", checksum: "__CHECKSUM__"),
        .target(
            name: "VippsPartnerAuthNative",
            dependencies: ["VippsPartnerAuthFFI"],
            linkerSettings: ["Security", "CoreFoundation", "SystemConfiguration"].map { .linkedFramework($0) }
        ),
        .target(name: "VippsPartnerAuth", dependencies: ["VippsPartnerAuthNative"]),
    ],
    swiftLanguageModes: [.v6]
)
