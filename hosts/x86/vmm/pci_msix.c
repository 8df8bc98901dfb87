/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X of this host's functions (common/msix.h): each entry of the machine's tables sends a vector
 * of the monitor to CPU 0; what the guest's copy says is a message to its local APICs.
 */
#include "vmm/pci.h"

#define VECTOR_FIRST 0x60u /* behind forward.c's */
#define VECTOR_LAST  0xdfu

/* Intel SDM 3, 11.11: message address and data. */
#define ADDRESS_IS(a)   (((a) & ~(u64)MASK(19, 0)) == APIC_BASE_ADDRESS)
#define ADDRESS_LOGICAL BIT(2)

_Static_assert(VECTOR_LAST - VECTOR_FIRST + 1 == MSIX_MESSAGES, "a vector for each message");

/* ---- towards the guest ---- */

bool msix_message(u64 address, u32 data)
{
	unsigned mode = FIELD(data, 10, 8);
	u32 destination = (u32)FIELD(address, 19, 12);

	if (!ADDRESS_IS(address))
		return false;
	for (unsigned i = 0; i < config.cpus; i++) {
		struct vcpu *v = &vcpus[i];

		if (!lapic_matches(v, destination, (address & ADDRESS_LOGICAL) != 0, false))
			continue;
		if (fault_on(FAULT_MSIX_WRONG_CPU))
			v = &vcpus[(i + 1) % config.cpus];
		if (mode == DELIVER_NMI)
			lapic_nmi(NULL, v);
		else if (mode <= DELIVER_LOWEST)
			lapic_accept(NULL, v, data & 0xff, false);
		if (mode == DELIVER_LOWEST)
			break;
	}
	return true;
}

static void deliver(u16 bdf, u64 address, u32 data)
{
	if (!msix_message(address, data))
		violation("msix-address", "00:%02x.%x message 0x%x to 0x%llx", bdf >> 3, bdf & 7,
			  data, (unsigned long long)address);
}

/* Is the vector of an earlier delivery still on its way? */
static bool under_way(u16 bdf, u64 address, u32 data)
{
	unsigned vector = data & 0xff;

	for (unsigned i = 0; i < config.cpus; i++) {
		const struct lapic *l = lapic_of(&vcpus[i]);

		if (((l->irr[vector / 32] | l->isr[vector / 32]) >> (vector % 32) & 1) != 0)
			return true;
	}
	return false;
}

/* ---- towards the machine ---- */

/* On CPU 0, interrupts disabled, no lock. */
static void on_irq(unsigned vector)
{
	msix_arrived(vector - VECTOR_FIRST);
}

static bool connect(unsigned n, u16 bdf, unsigned entry, u64 *address, u32 *data)
{
	core_on_irq(VECTOR_FIRST + n, on_irq);
	*address = APIC_BASE_ADDRESS; /* CPU 0, physical */
	*data = VECTOR_FIRST + n;     /* fixed, edge */
	return true;
}

static u32 config_read(u16 bdf, unsigned offset, unsigned width)
{
	return machine_config_read(bdf, offset, width);
}

static void config_write(u16 bdf, unsigned offset, unsigned width, u32 value)
{
	machine_config_write(bdf, offset, width, value);
}

static unsigned capability(u16 bdf, u8 id, unsigned after)
{
	return machine_capability(bdf, id, after);
}

static void table_write(u64 address, u32 value)
{
	machine_write(address, 4, value);
}

const struct msix_host msix_host = {
	.config_read = config_read,
	.config_write = config_write,
	.table_write = table_write,
	.capability = capability,
	.connect = connect,
	.deliver = deliver,
	.under_way = under_way,
};
