#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The tokens a booted realm fetched: what the guest got is what the monitor signed, and `postern verify`
# finds structure, both signatures, the binding of the realm key and the predicted RIM good.
#   token.sh POSTERN BUILD [run options]
set -eu
postern=$1 build=$(cd "$2" && pwd)
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0

for hash in sha256 sha512; do
	"$postern" run --quiet --build-dir "$build" --hash $hash --cpus 1 --mem 256M \
		--probe 'rsi.token.*' --save "$out/$hash" "$@" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
	got=$(sed -n 's/^# token: .*sha256=\([0-9a-f]*\).*/\1/p' "$out/$hash/console.log" | tail -1)
	signed=
	for token in "$out/$hash"/evidence-*.bin; do
		[ "$(sha256sum <"$token" | cut -d' ' -f1)" = "$got" ] && signed=$token
	done
	if [ -z "$got" ] || [ -z "$signed" ]; then
		echo "not ok - $hash realm: the guest holds '$got', which the monitor did not sign"
		failed=$((failed + 2))
		continue
	fi
	echo "ok - $hash realm: the guest holds a token the monitor signed ($got)"
	sed -n 's/^devicetree: //p' "$out/$hash/channel.log" | tr -d '\n' | tr '0-9a-f' '0-9A-F' | basenc --base16 -d >"$out/$hash/dtb"
	if "$postern" measure "$build/arm64/postern-probe.img" --platform cca --hash $hash --mem 256M --dtb "$out/$hash/dtb" \
		>"$out/$hash/expected.txt" 2>"$out/log" && "$postern" verify "$signed" --roots "$build/keys/cpak.pem" \
		--require chain --expect "$out/$hash/expected.txt" >"$out/log" 2>&1; then
		echo "ok - $hash realm: structure, signatures, binding and the predicted RIM verified by OpenSSL"
	else
		echo "not ok - $hash realm: postern verify refuses the token"
		cat "$out/log"
		failed=$((failed + 1))
	fi
done
echo "$((4 - failed)) passed, $failed failed"
[ "$failed" = 0 ]
