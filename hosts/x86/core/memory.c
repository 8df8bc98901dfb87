/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the machine keeps what the guest sees (core.h), and monitor pages: a line that moves up. */
#include "local.h"

#define FOUR_GIB        GIB(4)
#define MACHINE_LOW     GIB(2)    /* q35 splits its RAM there ... */
#define MACHINE_MINIMUM MIB(2816) /* ... from this size on */

#define PCI_ADDRESS     0xcf8u
#define PCI_DATA        0xcfcu
#define MCH_PAM0        0x80000090u /* function 00:00.0, registers 0x90..0x96 */
#define MCH_PAMS        7u
#define PAM_RAM         0x33u /* reads and writes go to RAM */

static u64 next_free, firmware_size;
static struct core_lock lock;

u64 guest_low_size(void)
{
	return MIN(config.mem, GUEST_LOW_MAX);
}

u64 guest_high_size(void)
{
	return config.mem - guest_low_size();
}

bool guest_is_ram(u64 gpa)
{
	return gpa < guest_low_size() || (gpa >= FOUR_GIB && gpa - FOUR_GIB < guest_high_size());
}

bool guest_is_firmware(u64 gpa)
{
	return gpa < FOUR_GIB && gpa >= FOUR_GIB - firmware_size;
}

/* The private alias: RAM below 4 GiB, RAM above, firmware (which ends at a multiple of 2 MiB, so
 * that a block there is a block here). */
static u64 private_base(void)
{
	return FOUR_GIB + guest_high_size();
}

static u64 private_end(void)
{
	return private_base() + config.mem + FIRMWARE_MAX;
}

u64 backing_private(u64 gpa)
{
	if (guest_is_firmware(gpa))
		return private_end() - (FOUR_GIB - gpa);
	if (!guest_is_ram(gpa))
		return 0;
	return private_base() + (gpa < FOUR_GIB ? gpa : gpa - FOUR_GIB + guest_low_size());
}

u64 backing_shared(u64 gpa)
{
	return guest_is_ram(gpa) ? gpa : 0;
}

void memory_init(void)
{
	u64 ram = core_fwcfg_ram_size();

	next_free = align_up((uintptr_t)core_image_end, PAGE_SIZE);
	if (ram < MACHINE_MINIMUM)
		core_panic("the machine has %llu MiB: QEMU needs -m 2816M or more",
			   (unsigned long long)(ram >> 20));
	paging_init(FOUR_GIB + ram - MACHINE_LOW);
}

void memory_check(size_t image_size)
{
	u64 need = private_end() - FOUR_GIB + MACHINE_LOW, ram = core_fwcfg_ram_size();

	if (image_size == 0 || image_size > FIRMWARE_MAX || !is_aligned(image_size, PAGE_SIZE))
		core_panic(
		    "the guest image has %zu bytes: want a multiple of 4 KiB, at most 16 MiB",
		    image_size);
	firmware_size = image_size;
	if (ram < need)
		core_panic("the machine has %llu MiB: for mem=%llu MiB QEMU needs -m %lluM or more",
			   (unsigned long long)(ram >> 20), (unsigned long long)(config.mem >> 20),
			   (unsigned long long)(need >> 20));
}

static void clear(u64 from, u64 to)
{
	u64 count = to - from;

	/* Not memset(): address 0 is memory like any other here. */
	__asm__ volatile("rep stosb" : "+D"(from), "+c"(count) : "a"(0) : "memory");
}

void memory_clear_low(void)
{
	for (u32 i = 0; i < MCH_PAMS; i++) {
		outl(PCI_ADDRESS, MCH_PAM0 + (i & ~3u));
		outb((u16)(PCI_DATA + (i & 3)), PAM_RAM);
	}
	clear(0, 0xa0000);
	clear(0xc0000, 0x100000);
}

/* Fresh memory of the machine, hence zero. */
void *core_pages(size_t count)
{
	u64 at;

	core_lock(&lock);
	at = next_free;
	if (count > (MONITOR_END - next_free) / PAGE_SIZE)
		core_panic("no monitor memory left for %zu pages", count);
	next_free += count * PAGE_SIZE;
	core_unlock(&lock);
	return (void *)(uintptr_t)at;
}
