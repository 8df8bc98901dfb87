#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Line coverage, by gcov, of the code that stands between a host and the guest: each source by its own unit test.
# Prints the per cents; fails where one is below the given one.
#   coverage.sh BUILD MINIMUM
set -eu
build=$1 minimum=$2
passed=0 failed=0

# test, then the sources it answers for
pairs() {
	cat <<'LIST'
test_fdt drivers/fdt.c
test_linux_fdt boot/linux/arm64/fdt_edit.c boot/linux/arm64/memory.c
test_linux_e820 boot/linux/x86_64/e820.c
test_linux_params boot/linux/x86_64/params.c boot/linux/x86_64/ccblob.c
test_linux_acpi boot/linux/x86_64/acpi_tables.c
test_linux_dsdt boot/linux/x86_64/dsdt.c
test_td_hob drivers/x86_64/td_hob.c
test_fw_cfg drivers/x86_64/fw_cfg.c
test_ghcb_vc ghcb/vc.c ghcb/ioio.c
test_ghcb_decode ghcb/decode.c
test_ghcb_page ghcb/page.c ghcb/msr.c
test_ghcb_psc ghcb/psc.c
test_ghcb_accept ghcb/accept.c
test_ghcb_cpuid ghcb/cpuid.c ghcb/secrets.c
test_ghcb_msg ghcb/guestmsg.c ghcb/certs.c
test_ghcb_evidence ghcb/evidence.c ghcb/failure.c
test_snp_report attest/snp_report.c
test_tdx_evidence attest/tdx_quote.c attest/tdx_report.c
test_evlog attest/evlog.c
test_bind attest/bind.c
test_evidence attest/evidence.c
test_cca_claims attest/arm64/claims.c
test_pkvmguest_detect pkvm/detect.c pkvm/status.c
test_pkvmguest_guard pkvm/guard.c
test_pkvmguest_memory pkvm/memory.c pkvm/calls.c
test_pkvmguest_trng pkvm/trng.c
test_psci boot/arm64/psci.c
test_pvmfw_place boot/arm64/pvmfw.c
test_pvmfw drivers/arm64/pvmfw_config.c attest/arm64/dice.c
test_workload_entropy workload/entropy.c
test_workload_job workload/job.c workload/memory.c
test_workload_stream workload/stream.c
test_tdcall_ve tdcall/ve.c
test_tdcall_decode tdcall/decode.c
test_tdcall_mapgpa tdcall/mapgpa.c
test_tdcall_accept tdcall/accept.c
test_tdcall_quote tdcall/quote.c tdcall/failure.c
test_rsi_token rsi/evidence.c rsi/failure.c
test_why lib/why.c
test_virtio_ring virtio/ring.c
test_deadline drivers/deadline.c
test_virtio_device virtio/device.c
test_virtio_interrupt virtio/interrupt.c
test_virtio_mmio virtio/mmio.c
test_virtio_pci virtio/pci.c
test_virtio_blk virtio/blk.c
test_virtio_rng virtio/rng.c
test_virtio_net virtio/net.c
test_virtio_ip virtio/ip.c
test_virtio_console virtio/console.c
test_virtio_vsock virtio/vsock.c virtio/vsock_rx.c
test_pci_parse drivers/pci_parse.c
test_pci drivers/pci_functions.c drivers/pci_bar.c
test_pci_access drivers/pci_config.c drivers/pci_msix.c
test_acpi drivers/acpi.c
test_acpi_iort drivers/acpi_iort.c drivers/msi_routes.c
test_vgic hosts/arm64/vmm/vgic.c
test_vgic_lpi hosts/arm64/vmm/vgic_lpi.c
test_vits_registers hosts/arm64/vmm/vits.c
test_vits_command hosts/arm64/vmm/vits_command.c hosts/arm64/vmm/vits_table.c
test_vits_save hosts/arm64/vmm/vits_save.c
test_fdt_msi drivers/fdt_msi.c
test_v2m drivers/arm64/v2m.c
test_its_command drivers/arm64/its_command.c
test_its drivers/arm64/its.c drivers/arm64/its_memory.c drivers/arm64/its_tables.c drivers/arm64/its_queue.c drivers/arm64/its_device.c
test_lpi drivers/arm64/lpi.c drivers/arm64/lpi_cpu.c
test_gic_msi drivers/arm64/msi.c
test_pkvm_abort hosts/arm64/pkvm/abort.c hosts/arm64/pkvm/run.c
test_pkvm_sysreg hosts/arm64/pkvm/sysreg.c
test_pkvm_mem hosts/arm64/pkvm/mem.c hosts/arm64/pkvm/s2.c hosts/arm64/pkvm/vm.c
test_pkvm_call hosts/arm64/pkvm/call.c hosts/arm64/pkvm/share.c hosts/arm64/pkvm/guard.c
test_pkvm_psci hosts/arm64/pkvm/psci.c hosts/arm64/pkvm/trng.c
test_arm64_cycle hosts/arm64/vmm/cycle.c
test_pkvmhost_calls hosts/arm64/vmm/pkvm/calls.c hosts/arm64/vmm/pkvm/psci.c
test_pkvmhost_memory hosts/arm64/vmm/pkvm/memory.c
test_pkvmhost_enter hosts/arm64/vmm/pkvm/enter.c hosts/arm64/vmm/pkvm/registers.c
test_host_coop hosts/arm64/vmm/coop.c
test_arm64_its_memory hosts/arm64/vmm/its.c hosts/arm64/vmm/v2m.c
test_release_guest workload/secret-release/main.c workload/secret-release/release.c workload/secret-release/keys.c
test_serve tools/serve.c tools/serve_frame.c tools/serve_crypto.c
test_cmd_serve tools/cmd_serve.c
test_measure_cca tools/measure_cca.c
test_measure_images tools/flash.c tools/measure_snp.c tools/measure_vmsa.c tools/measure_tdx.c
test_measure_run tools/measure_run.c tools/measure_print.c
test_cbor attest/cbor.c
test_esp boot/linux/gpt.c boot/linux/fat.c boot/linux/fat_dir.c
test_hashes boot/linux/hashes.c
test_kernel_image boot/linux/bzimage.c boot/linux/image.c
test_uki boot/linux/uki.c
test_cca_token attest/cca_token.c
test_verify tools/verify.c tools/verify_rows.c tools/verify_print.c
test_verify_expect tools/verify_expect.c
test_verify_roots tools/verify_roots.c
test_verify_cca tools/verify_cca.c
test_verify_snp tools/verify_snp.c tools/verify_snp_claims.c tools/verify_x509.c
test_verify_tdx tools/verify_tdx.c tools/verify_tdx_claims.c tools/verify_tdx_collateral.c
LIST
}

if [ "$build" = --tests ]; then
	pairs | cut -d' ' -f1
	exit 0
fi

# Where the compiler has put what it counts of a source: beside the object of that test's flags.
object() { # test, source
	echo "$build/unit/$(sed -n "s/^key_$1 := //p" "$build/tests.mk")/${2%.c}"
}
check() { # test, source
	local data line percent
	data=$(object "$1" "$2").gcda
	[ -e "$data" ] || data=$(object "$1" "tests/unit/$1.c").gcda # the test includes the source
	line=$(gcov -n -o "$data" "$2" | grep -A1 "File '$2'" | tail -1)
	percent=$(printf '%s' "$line" | sed -n 's/Lines executed:\([0-9]*\)\..*/\1/p')
	if [ -n "$percent" ] && [ "$percent" -ge "$minimum" ]; then
		echo "ok - $2: $line"
		passed=$((passed + 1))
	else
		echo "not ok - $2: $line: below $minimum%"
		failed=$((failed + 1))
	fi
}

while read -r test sources; do
	for source in $sources "tests/unit/$test.c"; do
		rm -f "$(object "$test" "$source").gcda"
	done
	"$build/unit/$test" >/dev/null 2>&1 || { echo "not ok - $test"; failed=$((failed + 1)); continue; }
	for source in $sources; do
		check "$test" "$source"
	done
done < <(pairs)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
