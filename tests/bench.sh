#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Counters, not seconds: under -icount the same run gives the same figures on every machine.
#   bench.sh POSTERN BUILD [run options]
set -eu
postern=$1 build=$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

word() { sed -n "/^# accept:/s/.* $2=\(0x[0-9a-f]*\|[0-9]*\).*/\1/p" "$1"; } # file key
per_gib() { awk -v n="$(($1))" -v b="$(($2))" 'BEGIN { if (b > 0) printf "%.1f", n * 1073741824 / b; else printf "-" }'; }

# One nanosecond of the machine is one instruction (-icount shift=0).
row() { # name, log directory
	local c=$2/console.log h=$2/channel.log bytes calls cont exits insns first
	bytes=$(word "$c" bytes) calls=$(word "$c" calls) cont=$(word "$c" continuations) exits=$(word "$c" exits)
	insns=$(($(word "$c" ticks) * 1000000000 / $(word "$c" hz)))
	first=$(sed -n 's/^counter: entry_to_first_byte_ns //p' "$h" 2>/dev/null || true)
	printf '%-30s %12s %10d %6d %6d %12s %12s %12s\n' "$1" "${first:--}" "$insns" "$calls" "$cont" \
		"$(per_gib "$insns" "$bytes")" "$(per_gib "$calls" "$bytes")" "$(per_gib "$exits" "$bytes")"
}

printf '%-30s %12s %10s %6s %6s %12s %12s %12s\n' '' 'insns, entry' 'insns,' '' 'forced' '' '' ''
printf '%-30s %12s %10s %6s %6s %12s %12s %12s\n' run 'to 1st line' accepting calls cont. insns/GiB calls/GiB exits/GiB
for mem in 512M 3G; do
	for policy in eager lazy parallel; do
		for chunk in 0 4096; do
			[ $chunk = 4096 ] && [ $policy = lazy ] && continue
			d=$out/$mem-$policy-$chunk
			if ! "$postern" run --build-dir "$build" --host cca --cpus 2 --mem "$mem" --accept "$policy" \
				--probe 'rsi.version.*' --quiet --no-trace --save "$d" \
				$([ "$chunk" = 0 ] || echo --ripas-chunk "$chunk") "$@" >"$out/log" 2>&1; then
				cat "$out/log"
				exit 1
			fi
			row "cca $mem $policy$([ $chunk = 0 ] || echo " chunk=$chunk")" "$d"
		done
	done
done
cat <<'EOT'
calls: RSI_IPA_STATE_SET by the acceptance engine; cont.: those that continue one the host cut short
(chunk = pages the host changes per request). Floor on CCA: one call per RAM region plus the
continuations the host forces; parallel: one per chunk of work. lazy accepts the rest when it is used.
EOT
