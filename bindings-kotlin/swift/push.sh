#!/usr/bin/env bash
# Puts what release.sh made into the repository of the Swift package, with a tag: push.sh owner/name v1.2.3
#
# DEPLOY_KEY is a private key that may write to that repository and to nothing else.
set -euo pipefail

repository=${1:?"usage: push.sh owner/name tag"} tag=${2:?"usage: push.sh owner/name tag"}
package=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/package
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(umask 077 && printf '%s\n' "${DEPLOY_KEY:?"is not set"}" >"$scratch/key")
export GIT_SSH_COMMAND="ssh -i $scratch/key -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new"

git clone --quiet --depth 1 "git@github.com:$repository.git" "$scratch/repository"
cd "$scratch/repository"
git rm -r --quiet --ignore-unmatch .
cp -R "$package/." .
git add --all
git -c user.name=release -c user.email=release@localhost commit --quiet --message "Release ${tag#v}"
# SwiftPM reads plain versions.
git tag "${tag#v}"
git push --quiet --atomic origin HEAD "${tag#v}"
