#!/usr/bin/env bash
# Puts the Swift package for apps together, with an XCFramework for iOS, its simulator and macOS:
#   xcframework.sh path/to/VippsPartnerAuthApp
#
# Prepared, and not yet run: no test of this repository has a Mac at hand. Needs Xcode.
set -euo pipefail

output=$(mkdir -p "${1:?"usage: xcframework.sh path/to/package"}" && cd "$1" && pwd)
ours=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$ours/../.."
export IPHONEOS_DEPLOYMENT_TARGET=16.0 MACOSX_DEPLOYMENT_TARGET=13.0

module=VippsPartnerAuthFFI
library=libvipps_partner_auth_ffi.a
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

build() {
  rustup target add "$1"
  # No default features: nothing that can hold keys. The static library alone, since each kind takes minutes.
  cargo rustc --release -p vipps-partner-auth-ffi --no-default-features --crate-type staticlib --target "$1"
}

# One library of several targets, under the name of its platform.
join() {
  local platform=$1 target parts=()
  shift
  for target in "$@"; do
    build "$target"
    parts+=("target/$target/release/$library")
  done
  mkdir "$scratch/$platform"
  lipo -create "${parts[@]}" -output "$scratch/$platform/$library"
}

join ios aarch64-apple-ios
join simulator aarch64-apple-ios-sim x86_64-apple-ios
join macos aarch64-apple-darwin x86_64-apple-darwin

cargo run -p bindings-generator -- swift "target/aarch64-apple-darwin/release/$library" "$scratch/generated"
# In a folder of its own: Xcode copies the headers of all frameworks into one.
mkdir -p "$scratch/headers/$module"
cp "$scratch/generated/$module.h" "$scratch/headers/$module/"
printf 'module %s {\n    header "%s.h"\n    export *\n}\n' $module $module >"$scratch/headers/$module/module.modulemap"

rm -rf "${output:?}/$module.xcframework" "$output/Sources" "$output/Tests"
xcodebuild -create-xcframework \
  -library "$scratch/ios/$library" -headers "$scratch/headers" \
  -library "$scratch/simulator/$library" -headers "$scratch/headers" \
  -library "$scratch/macos/$library" -headers "$scratch/headers" \
  -output "$output/$module.xcframework"

mkdir -p "$output/Sources/VippsPartnerAuth" "$output/Sources/VippsPartnerAuthNative"
cp -R "$ours/app/." "$output"
cp "$ours"/Sources/VippsPartnerAuth/Shared/*.swift "$output/Sources/VippsPartnerAuth/"
cp "$scratch/generated/VippsPartnerAuthNative.swift" "$output/Sources/VippsPartnerAuthNative/"
echo "$output: add it to an app with *Add Package Dependencies*, *Add Local*"
