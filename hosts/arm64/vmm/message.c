/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of the machine's functions on their way into the guest: to its ITS, or to the SPIs of
 * its GICv2m frame. Where a message goes is what the guest wrote to its copy of a table.
 */
#include "common/msix.h"
#include "vmm/devices.h"
#include "vmm/its.h"
#include "vmm/pci.h"
#include "vmm/vmm.h"

static u32 to_look; /* CPUs; under dev_lock */

static bool is_its(u64 address)
{
	return vm.map.its != 0 && address == vm.map.its + GITS_TRANSLATER;
}

/* Index among the SPIs; false: not a message to an SPI of the frame. */
static bool is_v2m(u64 address, u32 data, u32 *spi)
{
	*spi = data - VGIC_PRIVATE;
	return vm.map.v2m != 0 && address == vm.map.v2m + V2M_SETSPI &&
	       data - V2M_INTID_FIRST < V2M_INTIDS;
}

/* FAULT_MSIX_WRONG_CPU */
static void send_astray(u32 intid, unsigned cpu)
{
	cpu = (cpu + 1) % config.cpus;
	if (vgic_force(&vm.vgic, cpu, intid))
		to_look |= 1u << cpu;
}

static void to_its(u16 bdf, u32 data)
{
	const struct vits_event *e = vits_event(&vm.vits, bdf, data);
	unsigned cpu = e != NULL ? vgic_lpi_cpu(&vm.vgic, e->lpi) : VGIC_NOWHERE;

	if (cpu != VGIC_NOWHERE && fault_on(FAULT_MSIX_WRONG_CPU))
		send_astray(e->lpi, cpu);
	else
		to_look |= vits_message(&vm.vits, bdf, data);
}

/* An edge. Whose SPI it is its routing says; all look. */
static void to_spi(u32 intid, const struct vgic_irq *irq)
{
	if (fault_on(FAULT_MSIX_WRONG_CPU)) {
		send_astray(intid, (unsigned)FIELD(irq->route, 7, 0));
		return;
	}
	(void)v2m_message(intid);
	to_look |= (1u << config.cpus) - 1;
}

void devices_message(u16 bdf, u64 address, u32 data)
{
	u32 spi;

	if (is_its(address))
		to_its(bdf, data);
	else if (is_v2m(address, data, &spi))
		to_spi(data, &vm.vgic.spi[spi]);
	else
		device_violation("msix-address", "function %u.%u message 0x%x to 0x%llx", bdf >> 3,
				 bdf & 7u, data, (unsigned long long)address);
}

bool devices_message_waits(u16 bdf, u64 address, u32 data)
{
	const struct vits_event *e = vits_event(&vm.vits, bdf, data);
	u32 spi;

	if (is_its(address))
		return e != NULL && (vgic_lpi_is_pending(&vm.vgic, e->lpi) ||
				     vgic_lpi_stands(&vm.vgic, e->lpi) != 0);
	return is_v2m(address, data, &spi) && (vm.vgic.spi[spi].latch || vm.vgic.spi[spi].active);
}

void devices_machine_lpi(u32 intid)
{
	if (intid >= GIC_LPI_FIRST)
		msix_arrived(intid - GIC_LPI_FIRST);
}

u32 devices_poll_messages(void)
{
	u32 cpus;

	(void)msix_poll();
	cpus = to_look;
	to_look = 0;
	return cpus;
}
