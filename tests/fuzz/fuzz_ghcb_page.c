/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile host behind the GHCB page: after each exit the page holds what the input says. Nothing
 * unmarked may come back, and only #GP and #UD may be raised.
 * sources: ghcb/page.c ghcb/msr.c ghcb/count.c
 */
#include <stdlib.h>
#include <string.h>

/* fake_ghcb_host.h is written for cmocka's tests */
#include "../unit/fake_ghcb_host.h"
#include "input.h"

static void answer(u8 *page)
{
	static const u16 at[] = { GHCB_INFO1, GHCB_INFO2, GHCB_RAX, GHCB_RBX, GHCB_RCX, GHCB_RDX };

	if (page == NULL) {
		host.msr = any(8);
		return;
	}
	for (unsigned i = 0; i < GHCB_BITMAP_SIZE; i++)
		page[GHCB_BITMAP + i] = byte();
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		u64 v = at[i] == GHCB_INFO1 ? byte() : any(8);

		memcpy(page + at[i], &v, 8);
	}
	page[GHCB_BUFFER + byte()] = byte();
	if (byte() == 1)
		ghcb_nmi_complete();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 buf[GHCB_BUFFER_SIZE] = { 0 };
	struct ghcb_call c = { .set = GF(RAX), .buffer = buf, .out = sizeof(buf) };
	struct ghcb_exception x = { 0 };
	struct sev_info info;
	enum status st;
	u64 v;
	u32 w;

	input_start(data, size);
	host_reset();
	host.exit = answer;
	c.value[GF_RDX] = 0x1234;
	st = ghcb_event(&c, any(8), any(8), any(8), GF(RAX), &x);
	if (st == ST_OK &&
	    (c.got & (GF(RAX) | GF(INFO1) | GF(INFO2))) != (GF(RAX) | GF(INFO1) | GF(INFO2)))
		abort();
	if ((c.got & GF(RDX)) == 0 && c.value[GF_RDX] != 0x1234)
		abort();
	if (st == ST_FAULT ? x.vector != 6 && x.vector != 13 : x.vector != 0)
		abort();
	if (ghcb_cpus[0].uses != 0 || ghcb_cpus[0].exchanges != 0 || host.irqs_off != 0)
		abort();
	(void)msr_sev_info(&info);
	(void)msr_hv_features(&v);
	(void)msr_register_gpa(0x1000);
	(void)msr_page_state(0x1000, PSC_OP_SHARED);
	(void)msr_cpuid(1, 1, &w);
	return 0;
}
