/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where everything goes. A kernel with address randomisation moves to any RAM of its map and spares
 * nothing but itself, initrd, command line, boot_params and setup_data (linux-boot sheet section
 * 1.1), so everything else must not be RAM there.
 */
#include "place.h"

#include "cvm.h"
#include "evidence.h"
#include "mm.h"

#define LOW_LIMIT     GIB(4)
#define CMDLINE_BYTES KIB(4) /* kernels copy 2 KiB from its start, whatever its length */
#define PREFERRED_MAX GIB(1)

struct want {
	struct range *range;
	u64 bytes, align;
	const char *what;
	bool low; /* its address has to fit into 32 bits */
};

static u64 power_of_two_from(u64 v)
{
	u64 p = BLOCK_SIZE;

	while (p < v)
		p <<= 1;
	return p;
}

static enum status take(const struct want *w)
{
	u64 size = align_up(w->bytes, PAGE_SIZE);

	if (w->bytes == 0)
		return ST_OK;
	w->range->base = pages_alloc((size_t)(size / PAGE_SIZE), w->align);
	w->range->size = size;
	if (w->range->base == 0)
		return ST_NO_MEMORY;
	return w->low && range_end(*w->range) > LOW_LIMIT ? ST_RANGE : ST_OK;
}

static struct range pages_of(struct bytes b)
{
	return (struct range){ (u64)(uintptr_t)b.data, align_up(b.size, PAGE_SIZE) };
}

static u64 highest(const struct place *pl)
{
	u64 end = LOW_LIMIT;

	end = MAX(end, range_end(pl->kernel));
	end = MAX(end, range_end(pl->initrd));
	end = MAX(end, range_end(pl->cmdline));
	return MAX(end, range_end(pl->params));
}

/* Below its preferred address a kernel would first move itself up; a multiple of that is never
 * below it. */
static u64 kernel_align(const struct bzimage *k)
{
	return power_of_two_from(MAX(MAX(k->preferred, k->alignment), BLOCK_SIZE));
}

enum status place_all(const struct payload *p, const struct bzimage *k, struct place *out,
		      const char **why)
{
	bool tdx = cvm.ops->platform == CVM_TDX;
	const struct want list[] = {
		{ &out->kernel, k->init_size, kernel_align(k), "room for the kernel", false },
		{ &out->cmdline, CMDLINE_BYTES, PAGE_SIZE, "room for the command line", false },
		{ &out->params, PARAMS_BYTES, PAGE_SIZE, "room for boot_params", false },
		{ &out->blob, cvm.ops->platform == CVM_SNP ? CC_BLOB_BYTES : 0, PAGE_SIZE,
		  "room for the CC blob", true },
		{ &out->acpi, ACPI_BYTES, PAGE_SIZE, "room for tables", true },
		{ &out->mailbox, tdx ? PAGE_SIZE : 0, PAGE_SIZE, "room for the mailbox", true },
		{ &out->log, tdx ? evidence_log().size : 0, PAGE_SIZE, "room for the event log",
		  false },
	};
	struct want tables = { &out->tables, 0, PAGE_SIZE, "room for page tables", true };
	enum status st;

	*out = (struct place){ 0 };
	*why = "the kernel's preferred address";
	if (k->preferred > PREFERRED_MAX)
		return ST_UNSUPPORTED;
	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		*why = list[i].what;
		st = take(&list[i]);
		if (st != ST_OK)
			return st;
	}
	out->file = pages_of(p->kernel);
	out->initrd = pages_of(p->initrd);
	tables.bytes = TABLES_PAGES(align_up(highest(out), GIB(1)) / GIB(1)) * PAGE_SIZE;
	*why = tables.what;
	if (tables.bytes > TABLES_PAGES(TABLES_GIB_MAX) * PAGE_SIZE)
		return ST_RANGE;
	return take(&tables);
}

static enum status mark(struct e820_mark *marks, size_t *count, size_t max, struct range r,
			enum e820_type type)
{
	if (r.size == 0)
		return ST_OK;
	if (*count == max)
		return ST_TOO_MANY;
	marks[(*count)++] = (struct e820_mark){ r, type };
	return ST_OK;
}

/* What we hold and do not hand over stays reserved: stacks of halted CPUs, VMSAs, pages whose
 * conversion failed. The later mark wins. */
enum status place_marks(const struct place *pl, const struct memmap *m, struct e820_mark *marks,
			size_t *count)
{
	static struct range held[E820_MAX];
	const struct {
		struct range range;
		enum e820_type type;
	} list[] = {
		{ pl->file, E820_RAM },
		{ pl->kernel, E820_RAM },
		{ pl->initrd, E820_RAM },
		{ pl->cmdline, E820_RAM },
		{ pl->params, E820_RAM },
		{ pl->blob, E820_RAM },
		{ pl->acpi, E820_ACPI },
		{ pl->mailbox, E820_NVS },
		{ pl->log, E820_NVS },
		/* Other CPUs of a TD wait on these tables for as long as it takes. */
		{ pl->tables, E820_NVS },
	};
	size_t n = ARRAY_SIZE(held), max = *count;
	enum status st = pages_held(m, held, &n);

	*count = 0;
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = mark(marks, count, max, held[i], E820_RESERVED);
	for (size_t i = 0; i < ARRAY_SIZE(list) && st == ST_OK; i++)
		st = mark(marks, count, max, list[i].range, list[i].type);
	return st;
}
