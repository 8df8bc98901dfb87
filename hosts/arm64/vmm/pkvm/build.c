/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the protected VM as KVM and a VMM do: the image and the devicetree are written to host
 * memory, which becomes the guest's when it first touches it. Nothing is measured.
 */
#include "vmm/pkvm/pkvm.h"

/* Free in both maps, and no neighbour of another device in any granule. */
#define COOP_BASE 0x0b000000ULL

struct pkvm_host pkvm_host;

void vm_prepare(void)
{
	if (config.profile == PROFILE_NONE)
		core_panic("vmm: profile=none, but this host is for protected VMs");
	if (config.ipa_bits > 40 ||
	    range_check(vm.ram, BLOCK_SIZE, MIN(BIT(config.ipa_bits), MEMORY_LIMIT)) != ST_OK)
		core_panic("vmm: mem=0x%llx at 0x%llx is not possible with ipa_bits=%u",
			   (unsigned long long)config.mem, (unsigned long long)config.ram_base,
			   config.ipa_bits);
	vm.alias = 0;
	vm.map.hvc = true;
	vm.map.coop = config.coop ? COOP_BASE : 0;
}

static void create_vm(void)
{
	struct pkvm_vm_config c = {
		.profile = config.profile == PROFILE_ANDROID ? PKVM_ANDROID : PKVM_UPSTREAM,
		.ipa_bits = config.ipa_bits,
		.granule = config.granule,
		.cpus = config.cpus,
		.pvmfw = pkvm_host.firmware.size != 0 ? pkvm_host.firmware.base : 0,
	};

	must_ok(pkvm_vm_create(&c), "create the VM");
}

static void create_vcpu(struct vcpu *v, u64 x0)
{
	bool boot = v->index == 0;

	v->run = (struct rmi_rec_run *)host_pages(1);
	v->parked = v->maybe_off = !boot;
	must_ok(pkvm_vcpu_create(v->index, boot ? vm.entry : 0, boot ? x0 : 0), "create a vCPU");
}

static void announce(const void *dtb)
{
	dtb_announce(dtb);
	channel("host: pkvm profile=%s granule=%llu mem=0x%llx cpus=%u ram_base=0x%llx ipa_bits=%u "
		"dtb=0x%llx image=0x%llx pvmfw=0x%llx",
		config.profile == PROFILE_ANDROID ? "android" : "upstream",
		(unsigned long long)config.granule, (unsigned long long)config.mem, config.cpus,
		(unsigned long long)config.ram_base, config.ipa_bits,
		(unsigned long long)vm.dtb_base, (unsigned long long)vm.image_base,
		(unsigned long long)pkvm_host.firmware.base);
	if (config.profile == PROFILE_UPSTREAM)
		channel("host: registers of this guest are not isolated: the secret is not looked "
			"for in them");
}

void vm_build(void)
{
	u64 dtb = host_pages(DTB_SIZE / PAGE_SIZE), x0;
	struct guest_image payload = { .mem = { 0, 0 } };

	if (config.pvmfw)
		firmware_place();
	else
		payload = image_place();
	vm.nr_lrs = MIN(core_list_registers(), (unsigned)VGIC_MAX_LRS);
	must_ok(dtb_build((void *)dtb, DTB_SIZE), "devicetree");
	announce((const void *)dtb);
	x0 = devicetree_lie((void *)dtb, DTB_SIZE);
	create_vm();
	if (config.pvmfw)
		firmware_give();
	else
		memory_load(payload.mem.base, payload.file.data, payload.file.size);
	memory_load(vm.dtb_base, (const void *)dtb, DTB_SIZE);
	for (unsigned i = 0; i < config.cpus; i++)
		create_vcpu(&vm.cpu[i], x0);
}
