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
#include "native_mutant.h"
#include "pkvm/model.h"

#define FAKE_SIZE  MIB(16)
#define FAKE_VTR   (4ULL << 29 | 4ULL << 26 | 3ULL) /* 5 priority bits, 16 INTID bits, 4 LRs */
#define FAKE_RAM   0x40000000ULL                    /* where a guest has memory */
#define FAKE_OPENS 4096u

u8 *fake_memory;
struct host_config config;
static u64 fake_next;            /* next free machine page */
static enum fault_id fake_fault; /* the one fault chosen */
static struct hw_timers fake_timers;
static bool fake_masked[32];
static void (*fake_guest)(struct el1_state *g, struct core_exit_info *info);
static size_t fake_image_size; /* of the guest's file */
static unsigned fake_locks, fake_flushes, fake_violations;
static char fake_line[256]; /* the channel's last */
static struct {
	u64 iova, pa;
} fake_open[FAKE_OPENS];
static unsigned fake_opens;

static inline void machine_reset(void)
{
	if (fake_memory == NULL)
		fake_memory = calloc(1, FAKE_SIZE);
	else
		memset(fake_memory, 0, fake_next - NS_BASE);
	fake_next = NS_BASE;
	fake_fault = FAULT_NONE_;
	fake_guest = NULL;
	fake_image_size = KIB(5);
	fake_opens = fake_flushes = fake_violations = 0;
	memset(&fake_timers, 0, sizeof(fake_timers));
	memset(fake_masked, 0, sizeof(fake_masked));
	memset(&counters, 0, sizeof(counters));
	memset(&hyp_vm, 0, sizeof(hyp_vm));
	config.mem = MIB(4);
	config.trace = false;
	pkvm_init();
}

u64 core_ram_end(void)
{
	return NS_BASE + FAKE_SIZE;
}

u64 core_alloc_pages(size_t pages)
{
	u64 pa = fake_next;

	if (pages * PAGE_SIZE > NS_BASE + FAKE_SIZE - fake_next)
		return 0;
	fake_next += pages * PAGE_SIZE;
	return pa;
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

/* ---- the CPU ---- */
struct core_exit_info core_enter(struct el1_state *g, struct el2_controls *c)
{
	struct core_exit_info info = { CORE_EXIT_IRQ, 0, 0, 0 };

	(void)c;
	if (fake_guest != NULL)
		fake_guest(g, &info);
	return info;
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

unsigned core_cpu(void)
{
	return 0;
}

void core_irq_mask(u32 ppi, bool masked)
{
	fake_masked[ppi % 32] = masked;
}

void core_arm_budget(u64 ns)
{
	(void)ns;
}

u64 hw_id_reg(unsigned crm, unsigned op2)
{
	(void)crm;
	(void)op2;
	return 0x1111111111111111ULL;
}

u64 hw_ich_vtr(void)
{
	return FAKE_VTR;
}

unsigned hw_pmu_counters(void)
{
	return 4;
}

void hw_timers_read(struct hw_timers *t)
{
	*t = fake_timers;
}

void hw_timers_write(const struct hw_timers *t)
{
	fake_timers = *t;
}

void hw_set_cntvoff(u64 offset)
{
	(void)offset;
}

void hw_set_vttbr(u64 vttbr)
{
	(void)vttbr;
}

void hw_sync_code(u64 addr, size_t n)
{
	(void)addr;
	(void)n;
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

void core_panic(const char *fmt, ...)
{
	(void)fmt;
	abort();
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

bool fault_on(enum fault_id f)
{
	return f != FAULT_NONE_ && f == fake_fault;
}

void core_lock(struct core_lock *l)
{
	(void)l;
	if (fake_locks++ != 0)
		abort(); /* taken twice */
}

void core_unlock(struct core_lock *l)
{
	(void)l;
	if (--fake_locks != 0)
		abort();
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
