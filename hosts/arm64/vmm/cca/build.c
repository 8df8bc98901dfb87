/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the realm in the order KVM and kvmtool do: tables, initial RIPAS, measured content in
 * ascending order, RECs, activation. Everything in the realm's launch measurement is decided here.
 */
#include "vmm/cca/cca.h"
#include "vmm/cca/poison.h"

struct cca cca;

static u64 must(struct rmi_result r, const char *call)
{
	if (r.x[0] != RMI_SUCCESS)
		core_panic("vmm: %s failed: 0x%llx", call, (unsigned long long)r.x[0]);
	return r.x[1];
}

static void put64(u64 page, u32 offset, u64 value)
{
	*(u64 *)(page + offset) = value;
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
	cca.rd = granule_get();
	if (!cca.rd)
		core_panic("vmm: out of machine memory");
	must(rmi_call(RMI_REALM_CREATE, cca.rd, params, 0, 0, 0), "REALM_CREATE");
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

static void init_memory(const struct guest_image *im, const void *dtb)
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
	cca.rec[v->index] = granule_get();
	v->run = (struct rmi_rec_run *)host_pages(1);
	v->parked = v->maybe_off = !boot;
	v->coop.ripas_reject = ~0ULL;
	must(rmi_call(RMI_REC_CREATE, cca.rd, cca.rec[v->index], params, 0, 0), "REC_CREATE");
}

/* What a verifier needs to know the RIM beforehand, and what the model made of it. */
static void announce(const void *dtb, u64 features)
{
	u8 rim[64];

	channel("host: realm num_bps=%u num_wps=%u", (unsigned)MAX(FIELD(features, 19, 14), 1ULL),
		(unsigned)MAX(FIELD(features, 25, 20), 1ULL));
	dtb_announce(dtb);
	channel_hex("measurement", rim, rmm_get_rim(cca.rd, rim));
	channel("host: cca mem=0x%llx cpus=%u ram_base=0x%llx ipa_bits=%u ripas=%s dtb=0x%llx "
		"image=0x%llx hash=%s",
		(unsigned long long)config.mem, config.cpus, (unsigned long long)config.ram_base,
		config.ipa_bits, config.ripas == RIPAS_INIT_ALL ? "all" : "image",
		(unsigned long long)vm.dtb_base, (unsigned long long)vm.image_base,
		config.sha512 ? "sha512" : "sha256");
	channel("realm: active");
}

void vm_prepare(void)
{
	if (config.ipa_bits < 32 || config.ipa_bits > 48 ||
	    range_check(vm.ram, BLOCK_SIZE, 1ULL << (config.ipa_bits - 1)) != ST_OK)
		core_panic("vmm: mem=0x%llx at 0x%llx is not possible with ipa_bits=%u",
			   (unsigned long long)config.mem, (unsigned long long)config.ram_base,
			   config.ipa_bits);
	vm.alias = 1ULL << (config.ipa_bits - 1);
	poison_init(vm.ram, POISON_BLOCK);
}

void vm_build(void)
{
	u64 features = must(rmi_call(RMI_FEATURES, 0, 0, 0, 0, 0), "RMI_FEATURES");
	u64 dtb = host_pages(DTB_SIZE / PAGE_SIZE), nr_aux;
	struct guest_image im = image_place();

	if (FIELD(features, 7, 0) < config.ipa_bits)
		core_panic("vmm: ipa_bits=%u but the RMM offers %u", config.ipa_bits,
			   (unsigned)FIELD(features, 7, 0));
	vm.nr_lrs = (unsigned)MIN(FIELD(features, 37, 34) + 1, (u64)VGIC_MAX_LRS);
	must_ok(dtb_build((void *)dtb, DTB_SIZE), "devicetree");
	create_realm(features);
	init_memory(&im, (const void *)dtb);
	nr_aux = must(rmi_call(RMI_REC_AUX_COUNT, cca.rd, 0, 0, 0, 0), "REC_AUX_COUNT");
	if (nr_aux > 16)
		core_panic("vmm: REC_AUX_COUNT %llu", (unsigned long long)nr_aux);
	for (unsigned i = 0; i < config.cpus; i++)
		create_rec(&vm.cpu[i], nr_aux);
	must(rmi_call(RMI_REALM_ACTIVATE, cca.rd, 0, 0, 0, 0), "REALM_ACTIVATE");
	announce((const void *)dtb, features);
}
