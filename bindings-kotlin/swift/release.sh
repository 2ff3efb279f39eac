#!/usr/bin/env bash
# Makes what the repository of the Swift package holds, on a Mac: release.sh path/to/folder
#
# SwiftPM takes a package from the root of a repository, and no manifest with unsafe flags, so the package for apps is released in
# a repository of its own: the XCFramework as a zip beside the release, its checksum in the manifest.
#
# Prepared, and not yet run: no test of this repository has a Mac at hand.
set -euo pipefail

output=$(mkdir -p "${1:?"usage: release.sh path/to/folder"}" && cd "$1" && pwd)
ours=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=VippsPartnerAuthFFI
package=$output/package
repository=$(sed -n 's/^repository = "\(.*\)"/\1/p' "$ours/../../Cargo.toml")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ours/../../Cargo.toml")

bash "$ours/xcframework.sh" "$package"
(cd "$package" && zip --quiet --recurse-paths --symlinks "$output/$module.xcframework.zip" "$module.xcframework")
rm -rf "${package:?}/$module.xcframework"
checksum=$(swift package compute-checksum "$output/$module.xcframework.zip")

url=$repository/releases/download/v$version/$module.xcframework.zip
sed -e "s|__URL__|$url|" -e "s|__CHECKSUM__|$checksum|" "$ours/app/Package.release.swift" >"$package/Package.swift"
rm -f "$package/Package.release.swift"
cp "$ours/push.sh" "$output/"
cp "$ours"/../../LICENSE-* "$ours/README.md" "$package/"
