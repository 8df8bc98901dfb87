/* SPDX-License-Identifier: BSD-2-Clause */
/* In pvmfw's place: what the first instruction found, and what lies behind the image. */
#include "../../boot/arm64/entry.h"
#include "pkvm_check.h"

#include "pvmfw.h"

static bool in_place(void)
{
	if (!pvmfw_info.in_place)
		check_skip("this image was not started in pvmfw's place");
	return pvmfw_info.in_place;
}

void pkvm_fw_registers(void)
{
	const u64 *x = arm64_entry_state.x;

	if (!in_place())
		return;
	check_note("X0 = 0x%llx", (unsigned long long)x[0]);
	expect_true("X0, the devicetree", x[0] >= PVMFW_FDT && x[0] - PVMFW_FDT < PVMFW_FDT_MAX,
		    "in its region");
	for (unsigned i = 1; i < 4; i++)
		expect_eq("X1, X2, X3", x[i], 0);
}

void pkvm_fw_config(void)
{
	if (!in_place())
		return;
	check_note("%s", status_text(pvmfw_info.config));
	expect_eq("reading the configuration", pvmfw_info.config, ST_OK);
	expect_true("the DICE handover", pvmfw_info.read.entry[PVMFW_ENTRY_DICE].size != 0,
		    "there is one");
}

static bool usable(unsigned command)
{
	return in_place() && coop_needs(command);
}

void pkvm_fw_private(void)
{
	static const struct {
		const char *what;
		u64 at;
	} places[] = {
		{ "the host reading the first page of pvmfw", PVMFW_BASE },
		{ "the host reading the last page of pvmfw", PVMFW_BASE + PVMFW_SIZE - 8 },
		{ "the host reading pvmfw's scratch memory", PVMFW_SCRATCH },
		{ "the host reading its end", PVMFW_SCRATCH + PVMFW_SIZE - 8 },
	};

	if (!usable(COOP_HOST_CAN_READ))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		expect_host_reads(places[i].what, places[i].at, false);
}

void pkvm_fw_devicetree(void)
{
	u64 at = align_down(arm64_entry_state.x[0], 8);

	if (!usable(COOP_WRITE_SHARED))
		return;
	expect_host_reads("the host reading the devicetree's page", at, false);
	expect_true("the host writing there", !coop_do(COOP_WRITE_SHARED, at, ~0ULL), "refused");
}
