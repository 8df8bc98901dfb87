#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A fuzzer that finds nothing proves nothing until it is seen to find something: each target here is
# built with one check of the code under test removed and must notice within a minute.
#   planted.sh BUILD
set -eu
build=$1
dir=$build/planted
mkdir -p "$dir"
passed=0 failed=0

# target | file | sed expression that removes the check
plants() {
	cat <<'LIST'
fuzz_cbor|attest/cbor.c|s/if (n > left(c))/if (n > left(c) + 16)/
fuzz_cca_token|attest/cbor.c|s/if (n > left(c))/if (n > left(c) + 16)/
fuzz_acpi|drivers/acpi.c|s/if (out->cpu_count == SMP_MAX_CPUS)/if (out->cpu_count > 200)/
fuzz_rsi_guest|rsi/ripas.c|s/new_base < base || new_base > top/new_base < base/
LIST
}

field() { sed -n "s|^.*$2: *||p" "$1" | head -1; }

while IFS='|' read -r target file change; do
	src=tests/fuzz/$target.c
	planted=$dir/$target-$(basename "$file")
	sed "$change" "$file" >"$planted"
	if cmp -s "$file" "$planted"; then
		echo "not ok - $target: error: the check to remove is no longer in $file"
		failed=$((failed + 1))
		continue
	fi
	# The changed copy stands in for the file; its own includes are looked for where it came from.
	sources=$(field "$src" sources | tr ' ' '\n' | sed "s|^$file\$|$planted|" | tr '\n' ' ')
	# shellcheck disable=SC2046,SC2086
	clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-DNATIVE=1 -Iinclude -I. -I"$(dirname "$file")" -Itests/unit -Itests/fuzz -o "$dir/$target" "$src" $sources $(field "$src" libs)
	start=$SECONDS
	if "$dir/$target" -max_total_time=60 -seed=1 -timeout=10 -artifact_prefix="$dir/$target-" >"$dir/$target.log" 2>&1; then
		echo "not ok - $target: the planted bug in $file was not found in a minute"
		failed=$((failed + 1))
	else
		echo "ok - $target: the planted bug in $file was found in $((SECONDS - start)) s: $(grep -oE 'ERROR: [A-Za-z]+: [a-z-]+|runtime error: .*' "$dir/$target.log" | head -1)"
		passed=$((passed + 1))
	fi
done < <(plants)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
