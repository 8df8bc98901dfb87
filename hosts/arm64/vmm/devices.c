/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/devices.h"

#include <stdarg.h>

#include "common/secret.h"
#include "common/vdev.h"
#include "print.h"
#include "vmm/pci.h"
#include "vmm/vmm.h"

#define VSOCK_INTID     (VGIC_PRIVATE + VSOCK_SPI)
#define POLL_EVERY      256u /* device accesses between two looks at the SMMU's events */
#define EVENTS_PER_POLL 64u
#define LINES_MAX       64u /* a guest in a loop must not flood the channel */
#define NS_PER_S        1000000000ULL

static struct core_lock event_lock;

void device_violation(const char *kind, const char *fmt, ...)
{
	static u64 lines;
	char text[160];
	va_list ap;

	count(&vm.count.device_violations);
	if (__atomic_fetch_add(&lines, 1, __ATOMIC_RELAXED) >= LINES_MAX)
		return;
	va_start(ap, fmt);
	vsnprint(text, sizeof(text), fmt, ap);
	va_end(ap);
	channel("violation: %s %s", kind, text);
}

/* ---- what the devices of common/ are given ---- */

/* The modelled device is on its wire, and a transport by MMIO has no messages. */
static void no_message(u64 address, u32 data)
{
	(void)address;
	(void)data;
}

/* Devices are accessed under dev_lock. */
static void vsock_wire(bool level)
{
	if (fault_on(FAULT_SPI_MISROUTED)) {
		if (level)
			vgic_force(&vm.vgic, 0, VSOCK_INTID);
		return;
	}
	vgic_set_line(&vm.vgic, 0, VSOCK_INTID, level);
}

static u64 now_ns(void)
{
	u64 hz = core_counter_hz(), ticks = core_counter();

	return ticks / hz * NS_PER_S + ticks % hz * NS_PER_S / hz;
}

const struct vio_host vio_host = {
	.memory = vm_bus_memory,
	.is_shared = vm_bus_is_shared,
	.message = no_message,
	.wire = vsock_wire,
	.now = now_ns,
	.relax = core_relax,
	.private_memory = vm_bus_private,
	.violation = device_violation,
};

/* ---- start ---- */

void devices_init(void)
{
	static const struct vtap_access machine = { core_mmio_read, core_mmio_write };
	bool messages = config.msi != GUEST_MSI_NONE && core_its_start();
	u64 doorbell = messages ? align_down(core_its_doorbell(), PAGE_SIZE) : 0;
	unsigned n;

	vtap_init(&machine);
	vdev_reset();
	n = pci_init(messages);
	if (n == 0) {
		channel("host: devices none, the machine has no virtio function");
	} else if (!vm_confine(doorbell)) {
		channel("host: devices none, no SMMU confines the machine's %u", n);
	} else {
		vm.map.devices = true;
		channel("host: devices pci=%u vsock=0x%llx messages=%u", n,
			(unsigned long long)VSOCK_BASE, messages);
	}
}

void devices_master(void)
{
	vm_device_live();
}

/* ---- accesses ---- */

bool devices_own(u64 address)
{
	return vm.map.devices && (pci_owns(address) || address - VSOCK_BASE < VIRTIO_MMIO_SIZE);
}

static void tell_event(const struct smmu_event *e)
{
	bool ram = (e->address & ~vm.alias) - vm.ram.base < vm.ram.size;

	device_violation(ram ? "dma-private" : "dma-outside", "function %u.%u %s 0x%llx event=0x%x",
			 (unsigned)FIELD(e->stream, 7, 3), (unsigned)FIELD(e->stream, 2, 0),
			 e->write ? "writes" : "reads", (unsigned long long)e->address, e->type);
}

static void poll_events(void)
{
	struct smmu_event e;

	core_lock(&event_lock);
	for (unsigned i = 0; i < EVENTS_PER_POLL && core_smmu_event(&e); i++)
		tell_event(&e);
	core_unlock(&event_lock);
}

static void vsock_access(u64 offset, unsigned width, bool write, u64 *value)
{
	if (write && offset == VIRTIO_MMIO_STATUS && (*value & VIRTIO_DRIVER_OK) != 0)
		devices_master();
	if (write)
		vdev_mmio_write(offset, width, *value);
	else
		*value = vdev_mmio_read(offset, width);
}

bool devices_access(u64 address, unsigned width, bool write, u64 *value)
{
	count(&vm.count.device_accesses);
	if (vm.count.device_accesses % POLL_EVERY == 0)
		poll_events();
	if (pci_owns(address))
		return pci_access(address, width, write, value);
	if (!is_aligned(address, width))
		return false;
	vsock_access(address - VSOCK_BASE, width, write, value);
	return true;
}

u64 devices_coop(u64 command, const u64 *in, u64 *out)
{
	u64 st;

	core_lock(&vm.dev_lock);
	st = vdev_coop(command, &in[1], &out[1]);
	core_unlock(&vm.dev_lock);
	return st;
}

/* ---- end ---- */

void devices_exposed(const u64 *value, unsigned n)
{
	for (unsigned i = 0; secret_planted() && i < n; i++) {
		if (value[i] != 0) /* not exposed, or nothing to find */
			secret_seen(value[i], sizeof(value[i]));
	}
}

void devices_end(void)
{
	vm_search();
	channel("counter: secret_searched %llu", (unsigned long long)secret_searched());
	channel("counter: secret_found %llu", (unsigned long long)secret_found());
	if (!vm.map.devices)
		return;
	poll_events();
	vm_check_memory();
	channel("counter: vsock_packets %llu", (unsigned long long)vdev_packets());
}
