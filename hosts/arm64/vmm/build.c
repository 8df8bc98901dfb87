/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the realm in the order KVM and kvmtool do: tables, initial RIPAS, measured content in
 * ascending order, RECs, activation. Everything in the realm's launch measurement is decided here.
 */
#include <libfdt.h>

#include "le.h"
#include "vmm/vmm.h"

#define IMAGE_MAGIC 0x644d5241u /* "ARM\x64" */
#define DTB_LINE    KIB(4)      /* bytes of the devicetree on one line of the channel */

struct image {
	struct blob file;
	struct range mem; /* where it runs, .bss included */
};

static u64 must(struct rmi_result r, const char *call)
{
	if (r.x[0] != RMI_SUCCESS)
		core_panic("vmm: %s failed: 0x%llx", call, (unsigned long long)r.x[0]);
	return r.x[1];
}

static void must_ok(enum status st, const char *step)
{
	if (st != ST_OK)
		core_panic("vmm: %s: %s", step, status_text(st));
}

static u64 host_pages(size_t n)
{
	u64 page = core_alloc_pages(n);

	if (!page)
		core_panic("vmm: out of machine memory");
	for (u64 *p = (u64 *)page; p < (u64 *)(page + n * PAGE_SIZE); p++)
		*p = 0;
	return page;
}

static void put64(u64 page, u32 offset, u64 value)
{
	*(u64 *)(page + offset) = value;
}

/* Linux Image header (Documentation/arch/arm64/booting): offset and effective size. */
static struct image load_image(u64 floor)
{
	struct image im = { .file = core_guest_image() };
	u64 offset, size;

	if (im.file.size < 64 || (u32)le64(im.file.data + 0x38) != IMAGE_MAGIC)
		core_panic("vmm: the guest is no arm64 Image");
	offset = le64(im.file.data + 0x08);
	size = le64(im.file.data + 0x10);
	if (size == 0) { /* before Linux 3.17 */
		offset = 0x80000;
		size = im.file.size;
	}
	size = align_up(MAX(size, (u64)im.file.size), PAGE_SIZE);
	im.mem = (struct range){ floor + offset, size };
	if (!is_aligned(offset, PAGE_SIZE) || offset > vm.ram.size || size > vm.ram.size ||
	    !range_contains(vm.ram, im.mem))
		core_panic("vmm: the guest image does not fit into its RAM");
	return im;
}

static void place(struct image *im)
{
	u64 offset, end = range_end(vm.ram);

	*im = load_image(vm.ram.base);
	switch (config.dtb) {
	case DTB_HIGH:
		vm.dtb_base = align_down(end - DTB_SIZE, BLOCK_SIZE);
		break;
	case DTB_AFTER_IMAGE:
		vm.dtb_base = align_up(range_end(im->mem), PAGE_SIZE);
		break;
	case DTB_LOW:
		vm.dtb_base = vm.ram.base;
		offset = im->mem.base - vm.ram.base;
		if (offset < DTB_SIZE)
			*im = load_image(vm.ram.base + BLOCK_SIZE);
		break;
	}
	if (vm.dtb_base + DTB_SIZE > end ||
	    range_overlaps((struct range){ vm.dtb_base, DTB_SIZE }, im->mem))
		core_panic("vmm: no room for the devicetree in guest RAM");
	vm.image_base = vm.entry = im->mem.base;
}

/* KVM's choice: the lowest level whose tables, concatenated up to 16, cover the space. */
static void realm_tables(unsigned *level, unsigned *tables)
{
	unsigned covered;

	*level = config.ipa_bits <= 34 ? 2 : config.ipa_bits <= 43 ? 1 : 0;
	covered = 12 + 9 * (4 - *level);
	*tables = config.ipa_bits > covered ? 1u << (config.ipa_bits - covered) : 1;
}

static void create_realm(u64 features)
{
	u64 params = host_pages(1), root;
	unsigned level, tables;

	realm_tables(&level, &tables);
	/* Concatenated tables are aligned to their common size. */
	root = align_up(host_pages(2 * tables - 1), tables * PAGE_SIZE);
	for (unsigned i = 0; i < tables; i++)
		must(rmi_call(RMI_GRANULE_DELEGATE, root + i * PAGE_SIZE, 0, 0, 0, 0), "delegate");

	put64(params, RMI_REALM_S2SZ, config.ipa_bits);
	put64(params, RMI_REALM_NUM_BPS, MAX(FIELD(features, 19, 14), 1ULL));
	put64(params, RMI_REALM_NUM_WPS, MAX(FIELD(features, 25, 20), 1ULL));
	put64(params, RMI_REALM_HASH_ALGO, config.sha512);
	put64(params, RMI_REALM_VMID, 1);
	put64(params, RMI_REALM_RTT_BASE, root);
	put64(params, RMI_REALM_RTT_LEVEL, level);
	put64(params, RMI_REALM_RTT_NUM, tables);
	vm.rd = granule_get();
	if (!vm.rd)
		core_panic("vmm: out of machine memory");
	must(rmi_call(RMI_REALM_CREATE, vm.rd, params, 0, 0, 0), "REALM_CREATE");
}

static void load_pages(u64 ipa, const u8 *data, size_t size)
{
	static u64 source;

	if (!source)
		source = host_pages(1);
	for (size_t done = 0; done < size; done += PAGE_SIZE) {
		u8 *page = (u8 *)source;

		for (size_t i = 0; i < PAGE_SIZE; i++)
			page[i] = done + i < size ? data[done + i] : 0;
		must_ok(stage2_data_create(ipa + done, source), "DATA_CREATE");
	}
}

static void init_memory(const struct image *im, const void *dtb)
{
	struct range tree = { vm.dtb_base, DTB_SIZE };
	bool tree_first = tree.base < im->mem.base;

	if (config.ripas == RIPAS_INIT_ALL) {
		must_ok(stage2_init_ripas(vm.ram), "RTT_INIT_RIPAS");
	} else {
		must_ok(stage2_init_ripas(tree_first ? tree : im->mem), "RTT_INIT_RIPAS");
		must_ok(stage2_init_ripas(tree_first ? im->mem : tree), "RTT_INIT_RIPAS");
	}
	if (tree_first)
		load_pages(tree.base, dtb, DTB_SIZE);
	load_pages(im->mem.base, im->file.data, im->file.size);
	if (!tree_first)
		load_pages(tree.base, dtb, DTB_SIZE);
}

static void create_rec(struct vcpu *v, u64 nr_aux)
{
	u64 params = host_pages(1);
	bool boot = v->index == 0;

	put64(params, RMI_REC_FLAGS, boot ? RMI_REC_RUNNABLE : 0);
	put64(params, RMI_REC_MPIDR, v->index); /* Aff0 */
	put64(params, RMI_REC_PC, boot ? vm.entry : 0);
	put64(params, RMI_REC_GPRS, boot ? vm.dtb_base : 0);
	put64(params, RMI_REC_NUM_AUX, nr_aux);
	for (u64 i = 0; i < nr_aux; i++) {
		u64 aux = granule_get();

		if (!aux)
			core_panic("vmm: out of machine memory");
		put64(params, (u32)(RMI_REC_AUX + 8 * i), aux);
	}
	v->rec = granule_get();
	v->run = (struct rmi_rec_run *)host_pages(1);
	v->parked = v->maybe_off = !boot;
	v->coop.ripas_reject = ~0ULL;
	must(rmi_call(RMI_REC_CREATE, vm.rd, v->rec, params, 0, 0), "REC_CREATE");
}

/* What a verifier needs to know the RIM beforehand, and what the model made of it. */
static void announce(const u8 *dtb, u64 features)
{
	size_t size = fdt_totalsize(dtb);
	u8 rim[64];

	channel("host: realm num_bps=%u num_wps=%u", (unsigned)MAX(FIELD(features, 19, 14), 1ULL),
		(unsigned)MAX(FIELD(features, 25, 20), 1ULL));
	for (size_t at = 0; at < size; at += DTB_LINE)
		channel_hex("devicetree", dtb + at, MIN(size - at, DTB_LINE));
	channel_hex("measurement", rim, rmm_get_rim(vm.rd, rim));
}

void vm_build(void)
{
	u64 features = must(rmi_call(RMI_FEATURES, 0, 0, 0, 0, 0), "RMI_FEATURES");
	u64 dtb = host_pages(DTB_SIZE / PAGE_SIZE), nr_aux;
	struct image im;

	if (FIELD(features, 7, 0) < config.ipa_bits)
		core_panic("vmm: ipa_bits=%u but the RMM offers %u", config.ipa_bits,
			   (unsigned)FIELD(features, 7, 0));
	vm.nr_lrs = (unsigned)MIN(FIELD(features, 37, 34) + 1, (u64)VGIC_MAX_LRS);
	place(&im);
	must_ok(dtb_build((void *)dtb, DTB_SIZE), "devicetree");
	create_realm(features);
	init_memory(&im, (const void *)dtb);
	nr_aux = must(rmi_call(RMI_REC_AUX_COUNT, vm.rd, 0, 0, 0, 0), "REC_AUX_COUNT");
	if (nr_aux > 16)
		core_panic("vmm: REC_AUX_COUNT %llu", (unsigned long long)nr_aux);
	for (unsigned i = 0; i < config.cpus; i++)
		create_rec(&vm.cpu[i], nr_aux);
	must(rmi_call(RMI_REALM_ACTIVATE, vm.rd, 0, 0, 0, 0), "REALM_ACTIVATE");
	announce((const u8 *)dtb, features);
}
