#!/usr/bin/env bash
# Builds the library for apps for each of Android's ABIs: android.sh path/to/app/src/main/jniLibs
#
# Prepared, and not yet run: no test of this repository has an Android at hand. Needs the NDK in ANDROID_NDK_HOME.
set -euo pipefail

output=$(realpath -m "${1:?"usage: android.sh path/to/jniLibs"}")
: "${ANDROID_NDK_HOME:?"is not set"}"
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

api=26
host=$(uname -s | tr '[:upper:]' '[:lower:]')-x86_64
tools=$ANDROID_NDK_HOME/toolchains/llvm/prebuilt/$host/bin

build() {
  local target=$1 abi=$2 compiler=$tools/$3$api-clang name=${1//-/_} library
  library=target/$target/release/libvipps_partner_auth_ffi.so
  rustup target add "$target"
  # No default features: nothing that can hold keys. build.rs aligns it for pages of 16 KB.
  env "CARGO_TARGET_${name^^}_LINKER=$compiler" "CC_$name=$compiler" "AR_$name=$tools/llvm-ar" \
    cargo build --release -p vipps-partner-auth-ffi --no-default-features --target "$target"
  if "$tools/llvm-readelf" --program-headers --wide "$library" | grep -q 'LOAD.* 0x1000$'; then
    echo "$library: not aligned for pages of 16 KB" >&2
    return 1
  fi
  mkdir -p "$output/$abi"
  "$tools/llvm-strip" -o "$output/$abi/${library##*/}" "$library"
}

build aarch64-linux-android arm64-v8a aarch64-linux-android
build armv7-linux-androideabi armeabi-v7a armv7a-linux-androideabi
build x86_64-linux-android x86_64 x86_64-linux-android
