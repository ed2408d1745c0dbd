#!/usr/bin/env bash
# unpack.sh FOLDER PACKAGE…: unpacks Debian packages, with all that they depend on, in FOLDER/debian. `package:arch` names
# one of another architecture, `package:source` fetches upstream's sources. The machine's packages stay as they are, and
# nobody needs to be root.
set -euo pipefail
folder=$(realpath -m "$1")
shift
[ "$(cat "$folder/unpacked" 2>/dev/null)" != "$*" ] || exit 0
command -v apt-get >/dev/null || { echo 'This needs a Debian system.'; exit 1; }
echo "Unpacking $* in $folder"
rm -rf "$folder/apt" "$folder/debian"
mkdir -p "$folder"/apt/{lists,archives,sources}/partial "$folder/debian"
touch "$folder/apt/status" # as on a machine that has no package yet
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
    [ ! -f "$file" ] || sed -E 's/^Types: *deb$/& deb-src/; s/^deb (.*)/&\ndeb-src \1/' "$file" \
        >"$folder/apt/sources/$(basename "$file")"
done
options=(-qq -o "Dir::State=$folder/apt" -o "Dir::State::status=$folder/apt/status" -o "Dir::Cache=$folder/apt"
    -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$folder/apt/sources"
    -o APT::Architectures::=amd64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=)
apt-get "${options[@]}" update
binary=()
for package in "$@"; do
    case $package in
        *:source) (cd "$folder" && apt-get "${options[@]}" source --download-only "${package%:source}") ;;
        *) binary+=("$package") ;;
    esac
done
apt-get "${options[@]}" install --yes --download-only --no-install-recommends "${binary[@]}" >/dev/null
for package in "$folder"/apt/archives/*.deb; do dpkg-deb --extract "$package" "$folder/debian"; done
rm -rf "$folder/apt"
echo "$*" >"$folder/unpacked"
