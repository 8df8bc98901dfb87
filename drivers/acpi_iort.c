/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message controllers by ACPI: entries of the MADT, and the I/O Remapping Table (Arm DEN 0049),
 * whose root complexes of PCI segment 0 are followed to an ITS group, through one SMMU at most.
 * Nodes refer to each other by offset: only what the walk from node to node has met is a node, and
 * the way leads through no more than two of them.
 */
#include "abi/gic.h"
#include "acpi_internal.h"

#define ITS_ID            4u
#define ITS_BASE          8u
#define V2M_ENTRY_BASE    8u
#define V2M_FLAGS         16u
#define V2M_FLAG_OVERRIDE BIT(0) /* count and base stand here, not in the frame's register */
#define V2M_SPI_COUNT     20u
#define V2M_SPI_BASE      22u

#define IORT_NODE_COUNT   36u
#define IORT_NODE_OFFSET  40u
#define IORT_BYTES        48u
#define IORT_NODES_MAX    256u
#define IORT_MAPS_MAX     64u /* of one node */

#define NODE_ITS_GROUP    0u
#define NODE_ROOT_COMPLEX 2u
#define NODE_SMMU         3u /* version 1 or 2 */
#define NODE_SMMUV3       4u
#define NODE_LENGTH       1u
#define NODE_MAP_COUNT    8u
#define NODE_MAP_OFFSET   12u
#define NODE_BYTES        16u
#define GROUP_COUNT       16u
#define GROUP_IDS         20u
#define ROOT_SEGMENT      28u
#define ROOT_BYTES        32u

#define MAP_FIRST         0u
#define MAP_COUNT         4u /* less 1 */
#define MAP_OUTPUT        8u
#define MAP_NODE          12u
#define MAP_FLAGS         16u
#define MAP_FLAG_SINGLE   BIT(0)
#define MAP_BYTES         20u

/* ---- MADT ---- */

enum status acpi_add_its(struct acpi_msi *m, const u8 *entry)
{
	struct range frame = { le_get(entry + ITS_BASE, 8), GITS_SIZE };
	u32 id = (u32)le_get(entry + ITS_ID, 4);
	enum status st = range_check(frame, 1, 0);

	if (st != ST_OK)
		return st;
	for (unsigned i = 0; i < m->its_count; i++)
		if (m->its[i].id == id)
			return ST_OVERLAP;
	if (m->its_count == MSI_CONTROLLERS_MAX)
		return ST_TOO_MANY;
	m->its[m->its_count].id = id;
	m->its[m->its_count++].frame = frame;
	return ST_OK;
}

/* No table says which of several frames PCI functions send to: any will do. */
enum status acpi_add_v2m(struct acpi_msi *m, const u8 *entry)
{
	struct range frame = { le_get(entry + V2M_ENTRY_BASE, 8), V2M_SIZE };
	u32 base = 0, count = 0;
	enum status st = range_check(frame, 1, 0);

	if (st != ST_OK)
		return st;
	if ((le_get(entry + V2M_FLAGS, 4) & V2M_FLAG_OVERRIDE) != 0) {
		base = (u32)le_get(entry + V2M_SPI_BASE, 2);
		count = (u32)le_get(entry + V2M_SPI_COUNT, 2);
		if (base < GIC_SPI_FIRST || count == 0 || base + count > GIC_SPI_END)
			return ST_RANGE;
	}
	if (m->v2m.size != 0)
		return ST_OK;
	m->v2m = frame;
	m->v2m_base = base;
	m->v2m_count = count;
	return ST_OK;
}

/* ---- nodes ---- */

struct iort {
	const u8 *table;
	u32 length;
	unsigned count;
	u32 node[IORT_NODES_MAX]; /* offsets */
	struct acpi_msi *m;
};

/* Numbers on their way from a root complex to an ITS. */
struct span {
	u64 requester; /* of the first */
	u64 first, count;
};

static u8 node_type(const struct iort *t, u32 node)
{
	return t->table[node];
}

static u32 node_field(const struct iort *t, u32 node, u32 offset)
{
	return (u32)le_get(t->table + node + offset, 4);
}

static u32 node_length(const struct iort *t, u32 node)
{
	return (u32)le_get(t->table + node + NODE_LENGTH, 2);
}

/* Everything of the node that is looked at later lies in it. */
static enum status check_node(const struct iort *t, u32 node)
{
	u32 length = node_length(t, node);
	u64 maps = node_field(t, node, NODE_MAP_COUNT);
	u64 at = node_field(t, node, NODE_MAP_OFFSET);

	if (node_type(t, node) == NODE_ROOT_COMPLEX && length < ROOT_BYTES)
		return ST_TRUNCATED;
	if (node_type(t, node) == NODE_ITS_GROUP &&
	    (length < GROUP_IDS || node_field(t, node, GROUP_COUNT) > (length - GROUP_IDS) / 4))
		return ST_TRUNCATED;
	if (maps > IORT_MAPS_MAX)
		return ST_TOO_MANY;
	return maps != 0 && at + maps * MAP_BYTES > length ? ST_TRUNCATED : ST_OK;
}

static enum status list_nodes(struct iort *t)
{
	u32 count = (u32)le_get(t->table + IORT_NODE_COUNT, 4);
	u32 at = (u32)le_get(t->table + IORT_NODE_OFFSET, 4);

	if (count > IORT_NODES_MAX)
		return ST_TOO_MANY;
	if (at < IORT_BYTES)
		return ST_CORRUPT;
	while (t->count < count) {
		u32 length;
		enum status st;

		if (at > t->length || t->length - at < NODE_BYTES)
			return ST_TRUNCATED;
		length = node_length(t, at);
		if (length < NODE_BYTES) /* would never move on */
			return ST_CORRUPT;
		if (length > t->length - at)
			return ST_TRUNCATED;
		st = check_node(t, at);
		if (st != ST_OK)
			return st;
		t->node[t->count++] = at;
		at += length;
	}
	return ST_OK;
}

static bool is_node(const struct iort *t, u32 offset)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->node[i] == offset)
			return true;
	return false;
}

/* ---- mappings ---- */

/* A group's members are alike to the function: the first that the MADT has a frame of. */
static unsigned group_controller(const struct iort *t, u32 group)
{
	u32 members = node_field(t, group, GROUP_COUNT);

	for (u32 i = 0; i < members; i++)
		for (unsigned its = 0; its < t->m->its_count; its++)
			if (t->m->its[its].id == node_field(t, group, GROUP_IDS + 4 * i))
				return its;
	return MSI_NOBODY;
}

static const u8 *node_map(const struct iort *t, u32 node, u32 i)
{
	return t->table + node + node_field(t, node, NODE_MAP_OFFSET) + (u64)i * MAP_BYTES;
}

/* An SMMU's own messages, or one DeviceID for all functions: neither has a place in our map, and
 * those functions stay without messages. */
static bool is_single(const u8 *map)
{
	return (le_get(map + MAP_FLAGS, 4) & MAP_FLAG_SINGLE) != 0;
}

/* Some firmware (QEMU 7.2 with an SMMU) writes the number of IDs where one less is due. It is known
 * by another mapping of the node that begins with what would be the last. */
static u64 map_count(const struct iort *t, u32 node, const u8 *map)
{
	u64 count = le_get(map + MAP_COUNT, 4) + 1;
	u64 last = le_get(map + MAP_FIRST, 4) + count - 1;

	for (u32 i = 0; i < node_field(t, node, NODE_MAP_COUNT); i++) {
		const u8 *other = node_map(t, node, i);

		if (other != map && !is_single(other) && le_get(other + MAP_FIRST, 4) == last)
			return MAX(count - 1, 1);
	}
	return count;
}

/* That part of `in` which the mapping of `count` takes, as it comes out; count 0: none. */
static enum status translate(const u8 *map, u64 count, struct span in, struct span *out)
{
	struct range from = { le_get(map + MAP_FIRST, 4), count };
	struct range to = { le_get(map + MAP_OUTPUT, 4), from.size };
	enum status st = range_check(from, 1, BIT(32));
	u64 start, end;

	if (st == ST_OK)
		st = range_check(to, 1, BIT(32));
	if (st != ST_OK)
		return st;
	start = MAX(in.first, from.base);
	end = MIN(in.first + in.count, range_end(from));
	out->count = end > start ? end - start : 0;
	out->requester = in.requester + (start - in.first);
	out->first = to.base + (start - from.base);
	return ST_OK;
}

static enum status follow(const struct iort *t, u32 node, struct span in, bool last);

static enum status follow_map(const struct iort *t, u32 node, const u8 *map, struct span in,
			      bool last)
{
	u32 to = (u32)le_get(map + MAP_NODE, 4);
	struct span out;
	enum status st;

	if (is_single(map))
		return ST_OK;
	st = translate(map, map_count(t, node, map), in, &out);
	if (st != ST_OK || out.count == 0)
		return st;
	if (!is_node(t, to))
		return ST_CORRUPT;
	switch (node_type(t, to)) {
	case NODE_ITS_GROUP:
		return msi_routes_add(&t->m->routes, out.requester, out.count, out.first,
				      group_controller(t, to));
	case NODE_SMMU:
	case NODE_SMMUV3:
		return last ? ST_TOO_DEEP : follow(t, to, out, true);
	default:
		return ST_CORRUPT;
	}
}

static enum status follow(const struct iort *t, u32 node, struct span in, bool last)
{
	u32 maps = node_field(t, node, NODE_MAP_COUNT);
	enum status st = ST_OK;

	for (u32 i = 0; i < maps && st == ST_OK; i++)
		st = follow_map(t, node, node_map(t, node, i), in, last);
	return st;
}

enum status acpi_read_iort(struct acpi_msi *m, const u8 *table, u32 length)
{
	static const struct span all = { 0, 0, MSI_REQUESTERS };
	struct iort t = { .table = table, .length = length, .m = m };
	enum status st;

	if (length < IORT_BYTES)
		return ST_TRUNCATED;
	st = list_nodes(&t);
	for (unsigned i = 0; i < t.count && st == ST_OK; i++)
		if (node_type(&t, t.node[i]) == NODE_ROOT_COMPLEX &&
		    node_field(&t, t.node[i], ROOT_SEGMENT) == 0)
			st = follow(&t, t.node[i], all, false);
	return st;
}

/* The ITS that functions are mapped to; else a frame, which needs no map; else the ITS that can at
 * least be told commands, if there is no doubt which. */
enum status acpi_take_msi(const struct acpi_msi *m, struct platform_info *out)
{
	unsigned chosen = msi_routes_controller(&m->routes);

	if (chosen != MSI_NOBODY) {
		out->its = m->its[chosen].frame;
		return msi_routes_take(&m->routes, chosen, out->msi_map, &out->msi_map_count);
	}
	if (m->v2m.size != 0) {
		out->v2m = m->v2m;
		out->v2m_base = m->v2m_base;
		out->v2m_count = m->v2m_count;
	} else if (m->its_count == 1) {
		out->its = m->its[0].frame;
	}
	return ST_OK;
}
