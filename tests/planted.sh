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
fuzz_ghcb_psc|ghcb/psc.c|s/now.entry < at->entry || now.entry > l->count/now.entry > l->count/
fuzz_ghcb_psc|ghcb/psc.c|s/now.entry < at->entry || now.entry > l->count/now.entry < at->entry/
fuzz_ghcb_decode|ghcb/decode.c|s/bytes > c->n - c->at)/bytes > c->n - c->at + 1)/
fuzz_ghcb_msg|ghcb/certs.c|s/length > size - offset)/length > size)/
fuzz_ghcb_pages|ghcb/cpuid.c|s/count > SNP_CPUID_COUNT_MAX)/count > 100)/
fuzz_td_hob|drivers/x86_64/td_hob.c|s/b->length > bytes - \*at)/b->length > bytes)/
fuzz_fw_cfg|drivers/x86_64/fw_cfg.c|s/if (size > \*len)/if (size > *len + 64)/
fuzz_tdcall_decode|tdcall/decode.c|s/c->at >= c->n)/c->at > c->n)/
fuzz_tdcall_guest|tdcall/mapgpa.c|s/next >= at && next < end/next < end/
fuzz_virtio_ring|virtio/ring.c|s/if (s->count == 0)/if (s->count > VIRTQ_CHAIN_MAX)/
fuzz_virtio_ring|virtio/ring.c|s/if (id >= q->size)/if (id >= 2u * q->size)/
fuzz_virtio_ring|virtio/ring.c|s/if (length > s->writable)/if (length > s->writable + 64)/
fuzz_virtio_ring|virtio/ring.c|s/s = &q->shadow\[id\];/s = \&q->shadow[shared_load32(element)];/
fuzz_virtio_device|virtio/device.c|s/if (quiet && q != NULL)/if (q != NULL)/
fuzz_virtio_device|virtio/device.c|s/if (again != offered)/if (again == 0)/
fuzz_its|drivers/arm64/its_queue.c|s/pos >= ITS_QUEUE_BYTES || //
fuzz_its|drivers/arm64/lpi.c|s/intid >= GIC_LPI_FIRST \&\& n < ITS_LPIS/intid >= GIC_LPI_FIRST/
fuzz_pkvm_guest|pkvm/memory.c|s/done != 0 \&\& done <= asked/done != 0/
fuzz_pkvm_guest|pkvm/detect.c|s/granule >= PAGE_SIZE \&\& //
fuzz_pkvm_host|hosts/arm64/pkvm/mem.c|s/if (V(is_donated(pa)))/if (false)/
fuzz_pkvm_host|hosts/arm64/pkvm/mem.c|s/devices_follow(ipa, p.pa, false);/(void)0;/
fuzz_pvmfw_config|drivers/arm64/pvmfw_config.c|s/offset + size > c->total/(u32)(offset + size) > c->total/
fuzz_pvmfw_config|drivers/arm64/pvmfw_config.c|s/out->total > room/out->total > room + 64/
fuzz_esp|boot/linux/fat.c|s/ && n - FAT_FIRST_CLUSTER < v->clusters//
fuzz_esp|boot/linux/gpt.c|s/ || g.end > g.last//
fuzz_uki|boot/linux/uki.c|s/ || a.at + a.raw_size > file.size//
fuzz_bzimage|boot/linux/bzimage.c|s/file.size < setup || file.size - setup < body/file.size < setup/
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
	# shellcheck disable=SC2046
	sources=$(printf '%s\n' $(field "$src" sources) | sed "s|^$file\$|$planted|" | tr '\n' ' ')
	# shellcheck disable=SC2046,SC2086
	clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-DNATIVE=1 -Iinclude -I. -I"$(dirname "$file")" -Itests/unit -Itests/fuzz $(field "$src" flags) -o "$dir/$target" "$src" $sources $(field "$src" libs)
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
