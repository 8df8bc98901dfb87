#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The images are the same bytes wherever, whenever, by whomever and however parallel they are built.
#   reproducible.sh BUILD SYSROOT
set -eu
build=$(cd "$1" && pwd) sysroot=$(cd "$2" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
other=$dir/elsewhere-with-a-longer-name
mkdir "$other"
git ls-files -z | xargs -0 cp --parents -t "$other"
(cd "$other" && env -i PATH="$PATH" HOME="$dir" USER=somebody TZ=Pacific/Kiritimati LC_ALL=C \
	SOURCE_DATE_EPOCH=1 make -j3 -s SYSROOT="$sysroot" B=out images >"$dir/log" 2>&1) || { cat "$dir/log"; exit 1; }
passed=0 failed=0
images=()
for job in probe workload-hello workload-secret-release; do
	images+=("arm64/postern-$job.img" "x86_64/postern-$job.efi" "x86_64/postern-$job.elf" "x86_64/postern-$job.fd")
done
for f in "${images[@]}"; do
	if [ "${f##*.}" = elf ]; then
		# Debug information may name places; what is loaded may not.
		x86_64-linux-gnu-strip -o "$dir/a" "$build/$f"
		x86_64-linux-gnu-strip -o "$dir/b" "$other/out/$f"
	else
		cp "$build/$f" "$dir/a"
		cp "$other/out/$f" "$dir/b"
	fi
	if cmp "$dir/a" "$dir/b"; then
		echo "ok - $f $(sha256sum <"$dir/a" | cut -c1-16)"
		passed=$((passed + 1))
	else
		echo "not ok - $f differs"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
