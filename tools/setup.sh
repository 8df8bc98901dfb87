#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs what is missing, and only that.
#   setup.sh packages NAME...   Debian packages, by apt
#   setup.sh sysroot DIR        arm64 libraries that cannot be installed beside the amd64 ones,
#                               unpacked under DIR with a private apt state; the system is not changed
set -eu

die() {
	printf 'setup: %s\n' "$*" >&2
	exit 1
}

packages() {
	missing=
	for p; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || die "needs these Debian packages:$missing"
	printf 'setup: installing:%s\n' "$missing"
	as_root=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || die "not root and no sudo; please run: apt-get install --no-install-recommends$missing"
		as_root=sudo
	fi
	log=$(mktemp)
	# shellcheck disable=SC2086
	if ! { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends $missing; } >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		die "apt could not install:$missing"
	fi
	rm -f "$log"
}

sysroot() {
	dir=$1
	[ -e "$dir/.complete" ] && return 0
	printf 'setup: unpacking arm64 libraries into %s\n' "$dir"
	rm -rf "$dir"
	mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
	abs=$(cd "$dir" && pwd)
	set -- -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root \
		-o Dir::State::Lists="$abs/apt/lists" -o Dir::Cache="$abs/apt/cache" -o Dir::State::status=/dev/null
	# Only Debian's own archive: other sources on the machine may have no arm64 at all.
	apt-get "$@" update >"$abs/apt/log" 2>&1 || grep -q . "$abs/apt/lists"/*_Packages* 2>/dev/null ||
		{ cat "$abs/apt/log" >&2; die "apt-get update for arm64 failed"; }
	(cd "$abs/apt" && apt-get "$@" download libfdt-dev libbearssl-dev gnu-efi) >>"$abs/apt/log" 2>&1 ||
		{ cat "$abs/apt/log" >&2; die "cannot download the arm64 libraries"; }
	for d in "$abs"/apt/*.deb; do
		dpkg -x "$d" "$abs"
	done
	rm -rf "$abs/apt"
	: >"$abs/.complete"
}

cmd=${1:-}
[ $# -gt 0 ] && shift
case $cmd in
packages) packages "$@" ;;
sysroot) sysroot "$@" ;;
*) die "usage: setup.sh packages NAME... | sysroot DIR" ;;
esac
