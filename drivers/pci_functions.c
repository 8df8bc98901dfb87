/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI functions: found, checked, listed. What a function says of itself is read once; one that
 * contradicts itself is left out, never repaired.
 */
#include "pci.h"

#include <string.h>

#include "mmu.h"
#include "pci_internal.h"
#include "print.h"

#define BUSES_VISITED_MAX 8u /* ours has one; each costs mapped pages and 32 exits at least */
#define DEVICES           32u
#define FUNCTIONS         8u
#define BAR_MAP_MAX       MIB(16) /* the largest BAR that is mapped */

static struct pci_slot slots[PCI_FUNCTIONS_MAX];
static unsigned count, refused;
static char refused_why[80];

static u8 buses[BUSES_VISITED_MAX];
static unsigned bus_count;

static void refuse(u16 bdf, const char *why)
{
	refused++;
	snprint(refused_why, sizeof(refused_why), "%02x:%02x.%x: %s", bdf >> 8, bdf >> 3 & 31u,
		bdf & 7u, why);
}

/* ---- enumeration ---- */

static void add_bus(unsigned bus)
{
	for (unsigned i = 0; i < bus_count; i++)
		if (buses[i] == bus)
			return;
	if (bus_count < BUSES_VISITED_MAX && pci_config_bus(bus) == ST_OK)
		buses[bus_count++] = (u8)bus;
}

static u32 read_config(void *ctx, unsigned offset, unsigned width)
{
	return pci_config_get(*(const u16 *)ctx, offset, width);
}

static void add_function(u16 bdf, u32 id, u32 class_code)
{
	struct pci_slot *s = &slots[count];
	const char *why = "";

	if (count == PCI_FUNCTIONS_MAX) {
		refuse(bdf, "more functions than the bound");
		return;
	}
	memset(s, 0, sizeof(*s));
	s->f.bdf = bdf;
	s->f.vendor = (u16)id;
	s->f.device = (u16)(id >> 16);
	s->f.class_code = class_code;
	s->caps = pci_read_capabilities(read_config, &bdf, s->cap);
	if (pci_bars_read(s, &why) == ST_OK)
		count++;
	else
		refuse(bdf, why);
}

/* Is anything there? Bridges are looked behind and left as they are. */
static bool visit(u16 bdf, u8 *header)
{
	u32 id = pci_config_get(bdf, PCI_VENDOR_ID, 4), class_code;

	if ((u16)id == PCI_VENDOR_NONE || (u16)id == 0)
		return false;
	*header = (u8)pci_config_get(bdf, PCI_HEADER_TYPE, 1);
	class_code = pci_config_get(bdf, PCI_REVISION, 4) >> 8;
	if ((*header & PCI_HEADER_LAYOUT) == PCI_LAYOUT_BRIDGE) {
		u8 bus = (u8)pci_config_get(bdf, PCI_SECONDARY_BUS, 1);

		if (bus != 0) /* numbered by firmware */
			add_bus(bus);
	} else if ((*header & PCI_HEADER_LAYOUT) != 0) {
		refuse(bdf, "unknown header type");
	} else if (class_code >> 16 != PCI_CLASS_BRIDGE) {
		add_function(bdf, id, class_code);
	}
	return true;
}

static void scan_bus(unsigned bus)
{
	for (unsigned dev = 0; dev < DEVICES; dev++) {
		u8 header, ignored;

		if (!visit(PCI_BDF(bus, dev, 0), &header) || (header & PCI_HEADER_MULTI) == 0)
			continue;
		for (unsigned fn = 1; fn < FUNCTIONS; fn++)
			visit(PCI_BDF(bus, dev, fn), &ignored);
	}
}

typedef enum status (*slot_step)(struct pci_slot *s, const char **why);

/* Applies one step to all, and closes the gaps of those that failed it. */
static void for_all(slot_step step)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		const char *why = "";

		if (step(&slots[i], &why) != ST_OK) {
			refuse(slots[i].f.bdf, why);
			continue;
		}
		if (kept != i)
			slots[kept] = slots[i];
		kept++;
	}
	count = kept;
}

enum status pci_init(const struct platform_info *p)
{
	enum status st;

	count = refused = bus_count = 0;
	refused_why[0] = '\0';
	st = pci_config_init(p);
	if (st != ST_OK)
		return st;
	add_bus(0);
	for (unsigned i = 0; i < bus_count; i++)
		scan_bus(buses[i]);
	pci_space_init(p);
	/* All that stays before anything new, or the new would be put where something stays. */
	for_all(pci_bars_keep);
	for_all(pci_bars_place);
	for_all(pci_msix_find);
	return count == 0 && refused == 0 ? ST_UNSUPPORTED : ST_OK;
}

/* ---- use ---- */

unsigned pci_count(void)
{
	return count;
}

struct pci_function *pci_function(unsigned index)
{
	return index < count ? &slots[index].f : NULL;
}

unsigned pci_refused(void)
{
	return refused;
}

const char *pci_refused_why(void)
{
	return refused_why;
}

u32 pci_config_read(const struct pci_function *f, unsigned offset, unsigned width)
{
	return pci_config_get(f->bdf, offset, width);
}

void pci_config_write(const struct pci_function *f, unsigned offset, unsigned width, u32 value)
{
	pci_config_put(f->bdf, offset, width, value);
}

/* From the list as it was read once: the host cannot make it longer between two calls. */
u8 pci_capability(const struct pci_function *f, u8 id, u8 after)
{
	bool behind = after == 0;
	const struct pci_slot *s = NULL;

	for (unsigned i = 0; i < count; i++)
		if (slots[i].f.bdf == f->bdf)
			s = &slots[i];
	for (unsigned i = 0; s != NULL && i < s->caps; i++) {
		if (behind && s->cap[i].id == id)
			return s->cap[i].at;
		behind = behind || s->cap[i].at == after;
	}
	return 0;
}

static enum status map_bars(const struct pci_function *f)
{
	for (unsigned i = 0; i < PCI_BARS; i++) {
		struct range r = { f->bar[i].base, f->bar[i].size };
		enum status st = r.size > BAR_MAP_MAX ? ST_RANGE : ST_OK;

		if (st == ST_OK && r.size != 0)
			st = mmu_map_device(r);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* A value of ours, not the one read with two bits more: what the host says stands there decides
 * nothing. Wired interrupts stay off, nobody serves them. */
enum status pci_enable(struct pci_function *f)
{
	u32 on = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	enum status st;

	if (f->enabled)
		return ST_OK;
	st = map_bars(f);
	if (st != ST_OK)
		return st;
	pci_config_put(f->bdf, PCI_COMMAND, 2, on | PCI_COMMAND_NO_INTX);
	if ((pci_config_get(f->bdf, PCI_COMMAND, 2) & on) != on)
		return ST_PROTOCOL;
	f->enabled = true;
	return ST_OK;
}
