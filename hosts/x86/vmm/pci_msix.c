/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X (PCI 3.0, 6.8.2). A vector of the guest's in a table of the machine's would arrive in the
 * monitor, so that the guest writes to a copy. Each entry of the machine's table sends a vector of
 * the monitor to CPU 0, always; masks and pending bits are kept here.
 */
#include <string.h>

#include "vmm/pci.h"

#define CONTROL        2 /* of the capability */
#define CONTROL_ENABLE BIT(15)
#define CONTROL_MASK   BIT(14)
#define CONTROL_SIZE   0x7ffu
#define TABLE          4
#define PBA            8

#define ENTRY_BYTES    16u
#define ENTRY_DATA     8
#define ENTRY_CONTROL  12
#define ENTRY_MASKED   1u

#define VECTOR_FIRST   0x60u /* behind forward.c's */
#define VECTOR_LAST    0xdfu
#define VECTORS        (VECTOR_LAST - VECTOR_FIRST + 1)

/* Intel SDM 3, 11.11: message address and data. */
#define ADDRESS_IS(a)   (((a) & ~(u64)MASK(19, 0)) == APIC_BASE_ADDRESS)
#define ADDRESS_LOGICAL BIT(2)

static struct {
	u64 arrived[2]; /* by vector; set at any time */
	unsigned used;
	struct {
		struct msix *m;
		unsigned entry;
	} owner[VECTORS];
	unsigned storms; /* entries with deliveries left */
} msix;

_Static_assert(VECTORS <= 128, "two words of arrived vectors");

void msix_reset(void)
{
	memset(&msix, 0, sizeof(msix));
}

bool msix_find(struct msix *m, unsigned bdf)
{
	u32 table, pba;

	*m = (struct msix){ .bdf = bdf, .cap = machine_capability(bdf, PCI_CAP_MSIX, 0) };
	if (m->cap == 0)
		return true;
	m->count = (machine_config_read(bdf, m->cap + CONTROL, 2) & CONTROL_SIZE) + 1;
	table = machine_config_read(bdf, m->cap + TABLE, 4);
	pba = machine_config_read(bdf, m->cap + PBA, 4);
	m->table_bar = table & 7;
	m->table = table & ~7u;
	m->pba_bar = pba & 7;
	m->pba = pba & ~7u;
	for (unsigned i = 0; i < MSIX_ENTRIES; i++)
		m->entry[i].masked = true;
	return m->count <= MSIX_ENTRIES && m->table_bar < PCI_BARS && m->pba_bar < PCI_BARS;
}

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

static bool is_masked(const struct msix *m, const struct msix_entry *e)
{
	return (m->all_masked || e->masked) && !fault_on(FAULT_MSIX_MASK_IGNORED);
}

static void send(const struct msix_entry *e)
{
	if (!msix_message(e->address, e->data))
		violation("msix-address", "message 0x%x to 0x%llx", e->data,
			  (unsigned long long)e->address);
}

/* One interrupt of the device, or what was pending. */
static void deliver(struct msix *m, struct msix_entry *e)
{
	if (!m->enabled) {
		e->left = 0;
		return;
	}
	if (is_masked(m, e)) {
		e->pending = true;
		return;
	}
	e->pending = false;
	if (e->left == 0)
		return;
	e->left--;
	send(e);
	if (e->left != 0)
		msix.storms++;
}

static void arrives(struct msix *m, struct msix_entry *e)
{
	e->left = vtap_interrupt();
	if (e->left != 0)
		deliver(m, e);
}

/* Is the vector of an earlier delivery still on its way? Another one would be swallowed. */
static bool under_way(const struct msix_entry *e)
{
	unsigned vector = e->data & 0xff;

	for (unsigned i = 0; i < config.cpus; i++) {
		const struct lapic *l = lapic_of(&vcpus[i]);

		if (((l->irr[vector / 32] | l->isr[vector / 32]) >> (vector % 32) & 1) != 0)
			return true;
	}
	return false;
}

static void poll_storms(void)
{
	msix.storms = 0;
	for (unsigned i = 0; i < msix.used; i++) {
		struct msix *m = msix.owner[i].m;
		struct msix_entry *e = &m->entry[msix.owner[i].entry];

		if (e->left == 0)
			continue;
		if (under_way(e))
			msix.storms++;
		else
			deliver(m, e);
	}
}

void msix_poll(void)
{
	if (msix.storms != 0)
		poll_storms();
	for (unsigned w = 0; w < ARRAY_SIZE(msix.arrived); w++) {
		u64 set = __atomic_exchange_n(&msix.arrived[w], 0, __ATOMIC_SEQ_CST);

		while (set != 0) {
			unsigned i = w * 64 + (unsigned)__builtin_ctzll(set);

			set &= set - 1;
			arrives(msix.owner[i].m, &msix.owner[i].m->entry[msix.owner[i].entry]);
		}
	}
}

/* ---- towards the machine ---- */

/* On CPU 0, interrupts disabled, no lock. */
static void on_irq(unsigned vector)
{
	unsigned i = vector - VECTOR_FIRST;

	__atomic_fetch_or(&msix.arrived[i / 64], BIT(i % 64), __ATOMIC_SEQ_CST);
}

static void program(struct msix *m, unsigned n)
{
	struct msix_entry *e = &m->entry[n];
	u64 at = m->machine_table + (u64)n * ENTRY_BYTES;

	if (e->vector == 0) {
		if (msix.used == VECTORS)
			return; /* stays masked: its device is never heard */
		msix.owner[msix.used].m = m;
		msix.owner[msix.used].entry = n;
		e->vector = (u8)(VECTOR_FIRST + msix.used++);
		core_on_irq(e->vector, on_irq);
	}
	machine_write(at, 4, APIC_BASE_ADDRESS); /* CPU 0, physical */
	machine_write(at + 4, 4, 0);
	machine_write(at + ENTRY_DATA, 4, e->vector); /* fixed, edge */
	machine_write(at + ENTRY_CONTROL, 4, 0);
}

u16 msix_control(const struct msix *m)
{
	return (u16)((m->count - 1) | (m->enabled ? (u32)CONTROL_ENABLE : 0) |
		     (m->all_masked ? (u32)CONTROL_MASK : 0));
}

/* A mask has changed: what pended goes out if nothing holds it back any more. */
static void look_at_pending(struct msix *m, struct msix_entry *e)
{
	if (!e->pending)
		return;
	if (fault_on(FAULT_MSIX_PENDING_LOST) && !is_masked(m, e))
		e->pending = false;
	else
		deliver(m, e);
}

void msix_control_write(struct msix *m, u16 value)
{
	bool enable = (value & CONTROL_ENABLE) != 0;

	m->all_masked = (value & CONTROL_MASK) != 0;
	if (enable != m->enabled) {
		m->enabled = enable;
		/* The table can be written while MSI-X is off. */
		for (unsigned i = 0; enable && i < m->count; i++)
			program(m, i);
		machine_config_write(m->bdf, m->cap + CONTROL, 2, enable ? (u32)CONTROL_ENABLE : 0);
	}
	for (unsigned i = 0; enable && i < m->count; i++)
		look_at_pending(m, &m->entry[i]);
}

/* ---- the guest's table and pending bits ---- */

static bool overlaps(u64 offset, unsigned width, u64 base, u64 size)
{
	return offset + width > base && offset < base + size;
}

static u32 entry_read(const struct msix_entry *e, u64 at)
{
	switch (at) {
	case 0:
		return (u32)e->address;
	case 4:
		return (u32)(e->address >> 32);
	case ENTRY_DATA:
		return e->data;
	default:
		return e->masked ? ENTRY_MASKED : 0;
	}
}

static void entry_write(struct msix *m, struct msix_entry *e, u64 at, u32 value)
{
	switch (at) {
	case 0:
		e->address = (e->address & MASK(63, 32)) | (value & ~3u);
		break;
	case 4:
		e->address = (e->address & MASK(31, 0)) | (u64)value << 32;
		break;
	case ENTRY_DATA:
		e->data = value;
		break;
	default:
		e->masked = (value & ENTRY_MASKED) != 0;
		look_at_pending(m, e);
	}
}

/* Whole dwords or quadwords only (6.8.2): what another access does is not defined; here, nothing.
 */
static bool proper(u64 offset, unsigned width)
{
	return (width == 4 || width == 8) && is_aligned(offset, width);
}

static u64 pba_read(const struct msix *m, u64 offset, unsigned width)
{
	u64 bits = 0;

	for (unsigned i = 0; i < m->count; i++)
		if (m->entry[i].pending)
			bits |= BIT(i);
	_Static_assert(MSIX_ENTRIES <= 64, "one quadword of pending bits");
	return offset < 8 ? bits >> (offset * 8) & nothing(width) : 0;
}

bool msix_read(struct msix *m, unsigned bar, u64 offset, unsigned width, u64 *value)
{
	u64 bytes = (u64)m->count * ENTRY_BYTES;

	*value = 0;
	if (m->cap == 0)
		return false;
	if (bar == m->pba_bar && overlaps(offset, width, m->pba, 8)) {
		if (proper(offset, width) && offset >= m->pba)
			*value = pba_read(m, offset - m->pba, width);
		return true;
	}
	if (bar != m->table_bar || !overlaps(offset, width, m->table, bytes))
		return false;
	for (unsigned i = 0; proper(offset, width) && i < width; i += 4) {
		u64 at = offset - m->table + i;

		*value |= (u64)entry_read(&m->entry[at / ENTRY_BYTES], at % ENTRY_BYTES) << (8 * i);
	}
	return true;
}

bool msix_write(struct msix *m, unsigned bar, u64 offset, unsigned width, u64 value)
{
	u64 bytes = (u64)m->count * ENTRY_BYTES;

	if (m->cap == 0)
		return false;
	if (bar == m->pba_bar && overlaps(offset, width, m->pba, 8))
		return true; /* read-only */
	if (bar != m->table_bar || !overlaps(offset, width, m->table, bytes))
		return false;
	for (unsigned i = 0; proper(offset, width) && i < width; i += 4) {
		u64 at = offset - m->table + i;

		entry_write(m, &m->entry[at / ENTRY_BYTES], at % ENTRY_BYTES,
			    (u32)(value >> (8 * i)));
	}
	return true;
}
