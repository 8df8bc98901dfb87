/* SPDX-License-Identifier: BSD-2-Clause */
/* The last exit of each vCPU, told at the end of a run: where a guest hangs is where it last was.
 */
#include "local.h"

static const struct {
	u64 code;
	const char *name;
} names[] = {
	{ VMEXIT_CR0_WRITE, "write of CR0" },
	{ VMEXIT_CR4_WRITE, "write of CR4" },
	{ VMEXIT_EXCEPTION_UD, "instruction" }, /* those QEMU's CPU does not have */
	{ VMEXIT_INTR, "interrupt" },
	{ VMEXIT_NMI, "NMI" },
	{ VMEXIT_VINTR, "interrupt window" },
	{ VMEXIT_CPUID, "CPUID" },
	{ VMEXIT_HLT, "HLT" },
	{ VMEXIT_IOIO, "port" },
	{ VMEXIT_MSR, "MSR" },
	{ VMEXIT_SHUTDOWN, "triple fault" },
	{ VMEXIT_VMMCALL, "VMMCALL" },
	{ VMEXIT_WBINVD, "WBINVD" },
	{ VMEXIT_NPF, "nested page fault" },
};

static const char *exit_name(u64 code)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "exit";
}

void last_exits_print(void)
{
	for (unsigned i = 0; i < config.cpus; i++) {
		const struct vcpu *v = &vcpus[i];

		if (v->exits == 0)
			channel("last: vCPU %u: never ran", i);
		else
			channel("last: vCPU %u: %s (0x%llx, 0x%llx, 0x%llx) at rip 0x%llx, exit "
				"%llu%s",
				i, exit_name(v->last.code), (unsigned long long)v->last.code,
				(unsigned long long)v->last.info1,
				(unsigned long long)v->last.info2, (unsigned long long)v->last.rip,
				(unsigned long long)v->exits, v->idle ? "; it waits" : "");
	}
}
