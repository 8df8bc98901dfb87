#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Counters, not seconds: under -icount the same run gives the same figures on every machine.
#   bench.sh POSTERN BUILD [run options]
set -eu
postern=$1 build=$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

value() { sed -n "s/.*[ :]$2[= ]\(0x[0-9a-f]*\|[0-9]*\).*/\1/p" "$1" | head -1; }
per_gib() { awk -v n="$(($1))" -v b="$(($2))" 'BEGIN { printf "%.1f", n * 1073741824 / b }'; }

printf '%-28s %14s %12s %14s %14s %14s\n' run 'entry to line' 'accept insn' 'insn/GiB' 'requests/GiB' 'exits/GiB'
for mem in 512M 2G; do
	for policy in eager lazy parallel; do
		for chunk in 0 4096; do
			name="cca $mem $policy chunk=$chunk"
			d=$out/$mem-$policy-$chunk
			"$postern" run --build-dir "$build" --host cca --cpus 2 --mem "$mem" --accept "$policy" \
				--probe 'rsi.version.*' --quiet --no-trace --save "$d" \
				$([ "$chunk" = 0 ] || echo --ripas-chunk "$chunk") "$@" >/dev/null
			bytes=$(value "$d/console.log" bytes)
			calls=$(grep '^# accept:' "$d/console.log" | sed 's/.* calls=\([0-9]*\).*/\1/')
			exits=$(grep '^# accept:' "$d/console.log" | sed 's/.* exits=\([0-9]*\).*/\1/')
			ns=$(grep '^# accept:' "$d/console.log" | sed -n 's/.* ns=\([0-9]*\).*/\1/p')
			first=$(value "$d/channel.log" entry_to_first_byte_ns)
			printf '%-28s %14s %12s %14s %14s %14s\n' "$name" "${first:-?}" "${ns:-?}" \
				"$(per_gib "${ns:-0}" "$bytes")" "$(per_gib "$calls" "$bytes")" "$(per_gib "$exits" "$bytes")"
		done
	done
done
echo '(one nanosecond of the machine is one instruction; chunk: pages the host changes per request, 0 = all;'
echo ' floor: one request per RAM region plus the continuations the host forces)'
