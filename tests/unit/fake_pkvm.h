/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine under the model of hosts/arm64/pkvm: 16 MiB of memory from NS_BASE, one CPU, an SMMU
 * that remembers what it was told, and a core_enter() that plays whatever `fake_guest` does.
 * Included by one file per program.
 */
#ifndef FAKE_PKVM_H
#define FAKE_PKVM_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/psci.h"
#include "fake_core_arm64.h"
#include "native_mutant.h"
#include "pkvm/model.h"

#define FAKE_RAM   0x40000000ULL /* where a guest has memory */
#define FAKE_OPENS 4096u

static size_t fake_image_size; /* of the guest's file */
static unsigned fake_flushes, fake_violations;
static char fake_line[256]; /* the channel's last */
static struct {
	u64 iova, pa;
} fake_open[FAKE_OPENS];
static unsigned fake_opens;

static inline void machine_reset(void)
{
	fake_core_reset();
	fake_image_size = KIB(5);
	fake_opens = fake_flushes = fake_violations = 0;
	memset(&counters, 0, sizeof(counters));
	memset(&hyp_vm, 0, sizeof(hyp_vm));
	config.mem = MIB(4);
	config.trace = false;
	pkvm_init();
}

/* ---- the SMMU ---- */
static inline u64 *fake_window(u64 iova)
{
	for (unsigned i = 0; i < fake_opens; i++)
		if (fake_open[i].iova == iova)
			return &fake_open[i].pa;
	return NULL;
}

/* Machine address a device reaches there; 0: its access would fault. */
static inline u64 fake_device(u64 iova)
{
	const u64 *pa = fake_window(align_down(iova, PAGE_SIZE));

	return pa == NULL ? 0 : *pa;
}

void core_smmu_page(u64 input, u64 pa, bool open)
{
	u64 *at = fake_window(input);

	if (at == NULL && !open)
		return;
	if (at == NULL) {
		if (fake_opens == FAKE_OPENS)
			abort();
		fake_open[fake_opens].iova = input;
		at = &fake_open[fake_opens++].pa;
	}
	*at = open ? pa : 0;
}

void core_tlb_flush_vm(void)
{
	fake_flushes++;
}

u64 core_counter(void)
{
	static u64 now;

	return ++now;
}

u64 hw_id_reg(unsigned crm, unsigned op2)
{
	(void)crm;
	(void)op2;
	return 0x1111111111111111ULL;
}

/* ---- the rest of the core ---- */
void channel(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake_line, sizeof(fake_line), fmt, ap);
	va_end(ap);
	fake_violations += strncmp(fake_line, "violation: ", 11) == 0;
}

bool secret_watch_bytes(const u8 *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	return true;
}

struct blob core_guest_image(void)
{
	static const u8 image[PVMFW_SIZE + 1];

	return (struct blob){ image, fake_image_size };
}

/* ---- what a host does ---- */
static inline enum status vm_new(enum pkvm_profile profile, u64 granule, unsigned cpus)
{
	struct pkvm_vm_config c = { profile, 33, granule, cpus, 0 };

	return pkvm_vm_create(&c);
}

/* Memory of the host, one granule of the VM. */
static inline u64 host_page(void)
{
	u64 size = hyp_vm.created ? hyp_vm.granule : PAGE_SIZE;

	fake_next = align_up(fake_next, size);
	if (fake_next + size > NS_BASE + FAKE_SIZE)
		abort();
	fake_next += size;
	return fake_next - size;
}

/* A page of the guest's own that holds `fill` throughout; its machine address. */
static inline u64 guest_page(u64 ipa, u8 fill)
{
	u64 pa = host_page();

	memset(pa_to_ptr(pa), fill, hyp_vm.granule);
	if (pkvm_donate(ipa, pa) != ST_OK)
		abort();
	return pa;
}

#endif
