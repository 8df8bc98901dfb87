/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string is a sequence of RMI calls and of guest exits with arbitrary registers. Nothing may
 * go out of bounds, and every call returns.
 *
 * sources: hosts/arm64/rmm/[!ht]*.c
 * libs: -Ihosts/arm64 -lbearssl
 */
#include "fake_machine.h"

#define RAM 0x40000000ULL

static const u8 *input;
static size_t left;

static u8 byte(void)
{
	return left > 0 ? (left--, *input++) : 0;
}

/* Mostly values near something that exists; now and then any bits at all. */
static u64 value(void)
{
	u8 kind = byte();
	u64 v = (u64)byte() << 8;

	v |= byte();
	switch (kind & 7) {
	case 0:
		return v;
	case 1:
		return RAM + (v & 0x3ff) * PAGE_SIZE;
	case 2:
		return RAM + (1ULL << 32) + (v & 0x3ff) * PAGE_SIZE;
	case 3:
		return NS_BASE + (v & 0xfff) * PAGE_SIZE;
	case 4:
		return RAM + v;
	case 5:
		return v << 48 | v << 16;
	case 6:
		return ~v;
	default:
		return v & 7;
	}
}

static void guest(struct el1_state *g, struct core_exit_info *info)
{
	static const u8 classes[] = { EC_SMC,      EC_SMC,      EC_SMC,    EC_SMC,
				      EC_DABT_LOW, EC_IABT_LOW, EC_SYSREG, EC_HVC };

	if (left == 0)
		return;
	for (unsigned i = 0; i < 6; i++)
		g->x[i] = value();
	g->x[0] = (byte() & 1 ? RSI_FID_FIRST : PSCI_VERSION) + (byte() & 0x1f);
	info->kind = byte() < 250 ? CORE_EXIT_SYNC : CORE_EXIT_SERROR;
	info->esr = (value() & MASK(24, 0)) | (u64)classes[byte() % ARRAY_SIZE(classes)] << 26;
	info->far = value();
	info->hpfar = (value() & MASK(35, 12)) >> 8;
}

static void host_call(u64 rec, u64 rd, u64 run)
{
	u64 fid = RMI_FID_FIRST + (byte() & 0x1f);
	u64 a[5];

	for (unsigned i = 0; i < 5; i++)
		a[i] = value();
	if (fid == RMI_REC_ENTER || byte() < 128) {
		struct rmi_rec_run *r = pa_to_ptr(run);

		if (granule_is(run, GRANULE_NS)) {
			r->enter.flags = byte() & 0x1f;
			r->enter.gprs[0] = value();
			r->enter.gicv3_lrs[byte() % 16] = value() << 56 | value();
		}
		rmi(RMI_REC_ENTER, rec, run, 0, 0, 0);
		return;
	}
	if (byte() < 200)
		a[0] = fid == RMI_PSCI_COMPLETE ? rec : rd;
	if (fid == RMI_RTT_SET_RIPAS && byte() < 200)
		a[1] = rec;
	rmi(fid, a[0], a[1], a[2], a[3], a[4]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 rd, rec, run;

	input = data;
	left = MIN(size, 4096u);
	machine_reset();
	rd = realm_new(33, 2, 8);
	rmi(RMI_RTT_INIT_RIPAS, rd, RAM, RAM + 2 * BLOCK_SIZE, 0, 0);
	rmi(RMI_RTT_CREATE, rd, delegated(), RAM, 3, 0);
	for (unsigned i = 0; i < 4; i++)
		rmi(RMI_DATA_CREATE, rd, delegated(), RAM + i * PAGE_SIZE, ns_page(), 1);
	rec = rec_new(rd, 0, true, RAM);
	rec_new(rd, 1, false, RAM);
	run = ns_page();
	config.trace = byte() & 1;
	rmi(RMI_REALM_ACTIVATE, rd, 0, 0, 0, 0);
	fake_guest = guest;
	while (left > 0)
		host_call(rec, rd, run);
	return 0;
}
