/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the entries in head.asm to handoff_enter(). Runs on the early tables, which map the first
 * 4 GiB (and the image, should UEFI have loaded it higher) and are replaced by mmu_init().
 */
#include <string.h>

#include "../efi.h"
#include "abi/fd.h"
#include "cvm.h"
#include "fatal.h"
#include "handoff.h"
#include "image.h"
#include "platform.h"
#include "x86_64/cpu.h"

#define PVH_MAGIC           0x336ec578u
#define PVH_MAP_ENTRY_BYTES 24u
#define EARLY_LIMIT         GIB(4)

#define PTE_TABLE           0x3ULL  /* present, writable */
#define PTE_BLOCK           0x83ULL /* the same, 2 MiB */
#define TABLE_WORDS         512u
#define LOW_PDS             4u

_Static_assert(offsetof(struct fd_info, platform) == FD_INFO_PLATFORM, "known to fd.asm");
_Static_assert(offsetof(struct fd_info, alias_bit) == FD_INFO_ALIAS_BIT, "known to fd.asm");
_Static_assert(offsetof(struct fd_info, hob) == FD_INFO_HOB, "known to fd.asm");
_Static_assert(offsetof(struct fd_info, mailbox) == FD_INFO_MAILBOX, "known to fd.asm");
_Static_assert(offsetof(struct fd_info, flash) == FD_INFO_FLASH, "known to fd.asm");
_Static_assert(offsetof(struct fd_info, flash_size) == FD_INFO_FLASH_SIZE, "known to fd.asm");
_Static_assert(offsetof(struct fd_info, gpaw) == FD_INFO_GPAW, "known to fd.asm");

/* Pages of early_tables (head.asm). */
enum { PAGE_PML4, PAGE_PDPT, PAGE_PD, PAGE_PDPT_HIGH = PAGE_PD + LOW_PDS, PAGE_PD_HIGH };

struct hvm_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modlist, cmdline, rsdp;
	u64 memmap; /* from version 1 */
	u32 memmap_entries, reserved;
};

void pvh_start(u64 start_info); /* head.asm */
void fd_start(void);
EFI_STATUS efi_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *st);
NORETURN void enter_on_boot_stack(void (*fn)(void));

extern u64 early_tables[][TABLE_WORDS];
extern char boot_stack[];

static struct handoff handoff;
static u8 boot_ist[IST_COUNT * CPU_IST_BYTES] ALIGNED(16);

/* No CPUID here: where it traps, nobody answers before cvm_detect(). */
static void boot_cpu_init(void)
{
	cpu_data[0].online = 1;
	cpu_init(&cpu_data[0], (u64)(uintptr_t)boot_ist);
}

static void x86_start(void)
{
	handoff.image.base = (u64)(uintptr_t)image_start;
	handoff.image.size = (u64)(uintptr_t)image_end - handoff.image.base;
	handoff.file.base = handoff.image.base;
	handoff.file.size = (u64)(uintptr_t)image_file_end - handoff.image.base;
	boot_cpu_init();
	handoff_enter(&handoff);
}

/* ---- PVH ---- */

static bool readable(u64 base, u64 size)
{
	struct range r = { base, size };

	return base != 0 && range_check(r, 1, EARLY_LIMIT) == ST_OK;
}

/* Copied byte by byte up to the bound: the NUL may be missing. */
static void pvh_cmdline(struct handoff *h, u64 addr)
{
	const volatile char *from = (const volatile char *)(uintptr_t)addr;
	size_t n = 0;

	if (!readable(addr, HANDOFF_CMDLINE_MAX))
		return;
	for (; n < HANDOFF_CMDLINE_MAX; n++) {
		h->cmdline[n] = from[n];
		if (h->cmdline[n] == '\0')
			break;
	}
	h->cmdline_truncated = n == HANDOFF_CMDLINE_MAX;
	h->cmdline_len = MIN(n, HANDOFF_CMDLINE_MAX - 1);
	h->cmdline[h->cmdline_len] = '\0';
}

static enum status pvh_read(struct handoff *h, u64 addr)
{
	struct hvm_start_info info;
	u64 bytes;

	if (!readable(addr, sizeof(info)))
		return ST_RANGE;
	memcpy(&info, (const void *)(uintptr_t)addr, sizeof(info));
	if (info.magic != PVH_MAGIC)
		return ST_CORRUPT;
	if (info.version == 0)
		return ST_UNSUPPORTED; /* no memory map */
	bytes = (u64)info.memmap_entries * PVH_MAP_ENTRY_BYTES;
	if (bytes > sizeof(h->map))
		return ST_TOO_MANY;
	if (!readable(info.memmap, bytes))
		return ST_RANGE;
	memcpy(h->map, (const void *)(uintptr_t)info.memmap, bytes);
	h->map_bytes = bytes;
	h->map_entry_size = PVH_MAP_ENTRY_BYTES;
	h->rsdp = info.rsdp;
	pvh_cmdline(h, info.cmdline);
	return ST_OK;
}

void pvh_start(u64 start_info)
{
	enum status st;

	handoff.source = BOOT_X86_PVH;
	st = pvh_read(&handoff, start_info);
	if (st != ST_OK) {
		/* Whoever knows how to leave must be known, or the stop would be silent. */
		boot_cpu_init();
		cvm_detect(&handoff);
		arch_boot_ready(&platform);
		fatal(st, "PVH start info at 0x%llx", (unsigned long long)start_info);
	}
	x86_start();
}

/* ---- UEFI ---- */

static void map_gib(u64 *pd, u64 base)
{
	for (unsigned i = 0; i < TABLE_WORDS; i++)
		pd[i] = (base + i * BLOCK_SIZE) | PTE_BLOCK;
}

static u64 table(unsigned page)
{
	return (u64)(uintptr_t)early_tables[page] | PTE_TABLE;
}

/* Two GiB from the one the image starts in, should that lie beyond the first four. */
static enum status early_tables_high(u64 base)
{
	u64 gib = base / GIB(1);

	if ((u64)(uintptr_t)image_end <= EARLY_LIMIT)
		return ST_OK;
	if (gib / TABLE_WORDS != (gib + 1) / TABLE_WORDS || gib / TABLE_WORDS >= TABLE_WORDS / 2)
		return ST_RANGE;
	for (unsigned i = 0; i < 2; i++) {
		unsigned pdpt = gib / TABLE_WORDS == 0 ? PAGE_PDPT : PAGE_PDPT_HIGH;

		map_gib(early_tables[PAGE_PD_HIGH + i], (gib + i) * GIB(1));
		early_tables[pdpt][(gib + i) % TABLE_WORDS] = table(PAGE_PD_HIGH + i);
	}
	if (gib / TABLE_WORDS != 0)
		early_tables[PAGE_PML4][gib / TABLE_WORDS] = table(PAGE_PDPT_HIGH);
	return ST_OK;
}

static enum status early_tables_fill(void)
{
	early_tables[PAGE_PML4][0] = table(PAGE_PDPT);
	for (unsigned i = 0; i < LOW_PDS; i++) {
		early_tables[PAGE_PDPT][i] = table(PAGE_PD + i);
		map_gib(early_tables[PAGE_PD + i], i * GIB(1));
	}
	return early_tables_high((u64)(uintptr_t)image_start);
}

EFI_STATUS efi_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *st)
{
	EFI_STATUS status;

	/* Five-level tables cannot be left from long mode, and ours have four. */
	if ((read_cr4() & CR4_LA57) != 0 || early_tables_fill() != ST_OK)
		return EFI_UNSUPPORTED;
	status = efi_collect(image, st, &handoff);
	if (EFI_ERROR(status))
		return status;
	enter_on_boot_stack(x86_start);
}

/* ---- postern.fd ---- */

void fd_start(void)
{
	handoff.source = BOOT_X86_FD;
	memcpy(&handoff.fd, (const void *)(uintptr_t)FD_INFO, sizeof(handoff.fd));
	x86_start();
}
