/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The untrusted host starts here, on CPU 0, after core and model are up.
 *
 * Lines on the output channel, each once, in this order:
 *   host: messages its=0x...|gicv2m=0x...|none
 *   host: devices ...            which there are, or why there are none
 *   host: realm num_bps=N num_wps=N                                (CCA)
 *   devicetree: HEX              what the guest was given, without the zeros behind it; on several
 *                                lines if it is long
 *   measurement: HEX             the RIM at activation             (CCA)
 *   host: cca mem=0x... cpus=N ram_base=0x... ipa_bits=N ripas=all|image dtb=0x... image=0x... ...
 *   host: pkvm profile=upstream|android granule=N mem=0x... cpus=N ram_base=0x... ipa_bits=N
 *         dtb=0x... image=0x... pvmfw=0x...
 *   realm: active                the realm is built and measured   (CCA)
 *   cpu: N on                    each time the guest starts a CPU
 *   its: save|restore: REASON    the first that failed of each
 *   counter: <name> <value>      at the end, see core_summary()
 *   verdict: <word> <detail>     off, reset, stuck, budget; broken = the monitor itself failed
 */
#include "vmm/devices.h"
#include "vmm/its.h"
#include "vmm/vmm.h"

struct vm vm;

static void choose_map(void)
{
	struct machine_map *m = &vm.map;

	if (config.ram_base == 0x80000000) { /* kvmtool's */
		m->gicd = 0x3fff0000;
		m->gicr = m->gicd - config.cpus * VGIC_GICR_STRIDE;
	} else {
		m->gicd = 0x08000000;
		m->gicr = 0x080a0000;
	}
	if (config.console == GUEST_CONSOLE_NS16550) {
		m->uart = 0x01000000;
		m->uart_spi = 0;
	} else {
		m->uart = 0x09000000;
		m->uart_spi = 1;
	}
}

/* Where PCI functions send messages to, in the same place of either map as on those machines. */
static void choose_messages(void)
{
	struct machine_map *m = &vm.map;
	bool kvmtool = config.ram_base == 0x80000000;

	switch (config.msi) {
	case GUEST_MSI_ITS:
	case GUEST_MSI_ITS_KVM:
		m->its = kvmtool ? m->gicr - GITS_SIZE : 0x08080000;
		break;
	case GUEST_MSI_V2M:
		m->v2m = kvmtool ? 0x01030000 : 0x08020000;
		break;
	case GUEST_MSI_NONE:
		break;
	}
}

static void start_interrupts(void)
{
	bool its = vm.map.its != 0;

	vgic_init(&vm.vgic, config.cpus, its ? &its_memory : NULL);
	vits_init(&vm.vits, &vm.vgic, vm.map.gicr,
		  config.msi == GUEST_MSI_ITS_KVM ? VITS_KVM : VITS_STRICT);
	cycle_init(&vm.cycle, its ? config.save_restore : 0);
	if (its)
		channel("host: messages its=0x%llx %s", (unsigned long long)vm.map.its,
			config.msi == GUEST_MSI_ITS_KVM ? "as KVM's" : "strict");
	else if (vm.map.v2m != 0)
		channel("host: messages gicv2m=0x%llx", (unsigned long long)vm.map.v2m);
	else
		channel("host: messages none");
}

static enum uart_kind console_kind(void)
{
	switch (config.console) {
	case GUEST_CONSOLE_PL011:
		return UART_KIND_PL011;
	case GUEST_CONSOLE_NS16550:
		return UART_KIND_NS16550;
	default:
		return UART_KIND_NONE;
	}
}

static void check_config(void)
{
	struct range ram = { config.ram_base, config.mem };

	if (config.cpus == 0 || config.cpus > CORE_MAX_CPUS)
		core_panic("vmm: cpus=%u", config.cpus);
	if (config.mem < MIB(16) || config.mem > RAM_MAX || !is_aligned(config.mem, BLOCK_SIZE) ||
	    !is_aligned(config.ram_base, BLOCK_SIZE))
		core_panic("vmm: mem=0x%llx at 0x%llx is not possible",
			   (unsigned long long)config.mem, (unsigned long long)config.ram_base);
	/* Devices of both maps lie below 1 GiB. */
	if (config.ram_base < GIB(1))
		core_panic("vmm: ram_base=0x%llx lies among the devices",
			   (unsigned long long)config.ram_base);
	vm.ram = ram;
}

NORETURN void vmm_main(void)
{
	check_config();
	vm_prepare();
	choose_map();
	choose_messages();
	start_interrupts();
	uart_init(&vm.uart, console_kind());
	for (unsigned i = 0; i < config.cpus; i++)
		vm.cpu[i].index = i;
	devices_init();
	vm_build();
	if (config.budget_ns) {
		u64 hz = core_counter_hz();

		vm.deadline = core_counter() + config.budget_ns / 1000000000 * hz +
			      config.budget_ns % 1000000000 * hz / 1000000000;
		core_arm_budget(config.budget_ns);
	}
	vm.cpu[0].machine_cpu_started = true;
	vcpu_run(0);
}
