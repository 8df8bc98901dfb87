#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs what is missing, and only that.
#   setup.sh packages NAME...   Debian packages, by apt
#   setup.sh sysroot DIR        arm64 libraries that cannot be installed beside the amd64 ones,
#                               unpacked under DIR with a private apt state; the system is not changed
#   setup.sh kernels DIR        the Debian kernels that boot as guests in the tests, their modules, a static
#                               busybox and the systemd stub, likewise: DIR/amd64, DIR/arm64. An architecture
#                               whose kernel is given by hand (KERNEL_X86, KERNEL_ARM64) gets no kernel here
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

# A state of apt's own below DIR, for one architecture; its options are then in $apt, so DIR is without spaces. Only
# Debian's own archive counts: other sources on the machine may have nothing for that architecture.
apt_state() { # directory, architecture
	mkdir -p "$1/apt/lists/partial" "$1/apt/cache/archives/partial"
	abs=$(cd "$1" && pwd)
	apt="-qq -o APT::Architecture=$2 -o APT::Architectures=$2 -o APT::Sandbox::User=root"
	apt="$apt -o Dir::State::Lists=$abs/apt/lists -o Dir::Cache=$abs/apt/cache -o Dir::State::status=/dev/null"
	# shellcheck disable=SC2086
	apt-get $apt update >"$abs/apt/log" 2>&1 || grep -q . "$abs/apt/lists"/*_Packages* 2>/dev/null ||
		{ cat "$abs/apt/log" >&2; die "apt-get update for $2 failed"; }
}

download() { # package... into apt/ of the state
	# shellcheck disable=SC2086
	(cd "$abs/apt" && apt-get $apt download "$@") >>"$abs/apt/log" 2>&1 ||
		{ cat "$abs/apt/log" >&2; die "cannot download $*"; }
}

sysroot() {
	dir=$1
	[ -e "$dir/.complete" ] && return 0
	printf 'setup: unpacking arm64 libraries into %s\n' "$dir"
	rm -rf "$dir"
	apt_state "$dir" arm64
	download libfdt-dev libbearssl-dev gnu-efi
	for d in "$abs"/apt/*.deb; do
		dpkg -x "$d" "$abs"
	done
	rm -rf "$abs/apt"
	: >"$abs/.complete"
}

# One kernel: the newest that the meta package depends on. Of hundreds of megabytes of modules only those are kept
# that an initramfs needs to ask for a report (sev-guest of these versions encrypts by gcm(aes)).
modules='gf128mul crypto_null ghash-generic ctr gcm configfs tsm tsm_report sev-guest tdx-guest arm-cca-guest'
kernel() { # name of the directory, meta package
	# shellcheck disable=SC2086
	package=$(apt-cache $apt depends --important "$2" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -1)
	[ -n "$package" ] || die "$2 depends on no kernel; are bookworm and bookworm-security among the sources of apt?"
	download "$package"
	mkdir -p "$abs/apt/x" "$abs/$1/modules"
	dpkg -x "$abs"/apt/"$package"_*.deb "$abs/apt/x"
	cp "$abs"/apt/x/boot/vmlinuz-* "$abs/$1/vmlinuz"
	for m in $modules; do
		f=$(find "$abs/apt/x/lib/modules" -name "$m.ko*" | head -1)
		case $f in
		*.xz) xz -dc "$f" >"$abs/$1/modules/$m.ko" ;;
		*.ko) cp "$f" "$abs/$1/modules/$m.ko" ;;
		esac
	done
	dpkg-deb -f "$abs"/apt/"$package"_*.deb Package Version >"$abs/$1/version"
	rm -rf "$abs/apt/x" "$abs"/apt/"$package"_*.deb
}

kernels_of() { # directory, architecture, its name in EFI files, kernel by hand or nothing
	want=$modules
	[ -z "$4" ] || want='no kernel'
	got=$(cat "$1/.complete" 2>/dev/null || true)
	[ "$got" = "$want" ] || [ "$got" = "$modules" ] && return 0
	printf 'setup: fetching kernels and busybox for %s into %s\n' "$2" "$1"
	rm -rf "$1"
	apt_state "$1" "$2"
	download busybox-static systemd-boot-efi
	for d in "$abs"/apt/*.deb; do
		dpkg -x "$d" "$abs/apt/x"
	done
	cp "$abs/apt/x/bin/busybox" "$abs/busybox"
	cp "$abs/apt/x/usr/lib/systemd/boot/efi/linux$3.efi.stub" "$abs/stub.efi"
	rm -rf "$abs/apt/x" "$abs"/apt/*.deb
	if [ -z "$4" ]; then
		kernel 6.1 "linux-image-$2"
		kernel 6.12 "linux-image-6.12-cloud-$2"
	fi
	rm -rf "$abs/apt"
	echo "$want" >"$abs/.complete"
}

kernels() {
	kernels_of "$1/amd64" amd64 x64 "${KERNEL_X86:-}"
	kernels_of "$1/arm64" arm64 aa64 "${KERNEL_ARM64:-}"
}

cmd=${1:-}
[ $# -gt 0 ] && shift
case $cmd in
packages) packages "$@" ;;
sysroot) sysroot "$@" ;;
kernels) kernels "$@" ;;
*) die "usage: setup.sh packages NAME... | sysroot DIR | kernels DIR" ;;
esac
