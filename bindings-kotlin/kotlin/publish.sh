#!/usr/bin/env bash
# Signs the Maven repository that `cargo xtask package` made and hands it to Maven Central as one bundle: publish.sh path/to/repository
#
# SIGNING_KEY (a private key of OpenPGP in armour), SIGNING_PASSPHRASE, CENTRAL_TOKEN (the portal's user token) and CENTRAL_UPLOAD (the
# address of the portal's upload) come from the pipeline's environment.
set -euo pipefail

repository=$(realpath "${1:?"usage: publish.sh path/to/repository"}")
: "${SIGNING_KEY:?"is not set"}" "${SIGNING_PASSPHRASE?"is not set"}" "${CENTRAL_TOKEN:?"is not set"}" "${CENTRAL_UPLOAD:?"is not set"}"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export GNUPGHOME=$scratch/keys
mkdir -m 700 "$GNUPGHOME"
gpg --batch --quiet --import <<<"$SIGNING_KEY"

cd "$repository"
# The portal makes its own index of versions.
find . -name 'maven-metadata.xml*' -delete
while IFS= read -r -d '' file; do
  gpg --batch --yes --quiet --pinentry-mode loopback --passphrase-fd 0 --armor --detach-sign "$file" <<<"$SIGNING_PASSPHRASE"
done < <(find . -type f \( -name '*.jar' -o -name '*.pom' -o -name '*.module' -o -name '*.json' \) -print0)
python3 -m zipfile -c "$scratch/bundle.zip" ./*

# The token comes on standard input, so that no list of processes shows it.
printf 'header = "Authorization: Bearer %s"\n' "$CENTRAL_TOKEN" |
  curl --config - --fail-with-body --silent --show-error --form "bundle=@$scratch/bundle.zip" "$CENTRAL_UPLOAD"
