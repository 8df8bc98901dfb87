/* SPDX-License-Identifier: BSD-2-Clause */
/* What is loaded into the guest before it starts, and where. */
#include "le.h"
#include "vmm/vmm.h"

#define IMAGE_MAGIC 0x644d5241u /* "ARM\x64" */

void must_ok(enum status st, const char *step)
{
	if (st != ST_OK)
		core_panic("vmm: %s: %s", step, status_text(st));
}

u64 host_pages(size_t n)
{
	u64 page = core_alloc_pages(n);

	if (!page)
		core_panic("vmm: out of machine memory");
	for (u64 *p = (u64 *)page; p < (u64 *)(page + n * PAGE_SIZE); p++)
		*p = 0;
	return page;
}

/* Linux Image header (Documentation/arch/arm64/booting): offset and effective size. */
static struct guest_image load_image(u64 floor)
{
	struct guest_image im = { .file = core_guest_image() };
	u64 offset, size;

	if (im.file.size < 64 || (u32)le64(im.file.data + 0x38) != IMAGE_MAGIC)
		core_panic("vmm: the guest is no arm64 Image");
	offset = le64(im.file.data + 0x08);
	size = le64(im.file.data + 0x10);
	if (size == 0) { /* before Linux 3.17 */
		offset = 0x80000;
		size = im.file.size;
	}
	size = align_up(MAX(size, (u64)im.file.size), PAGE_SIZE);
	im.mem = (struct range){ floor + offset, size };
	if (!is_aligned(offset, PAGE_SIZE) || offset > vm.ram.size || size > vm.ram.size ||
	    !range_contains(vm.ram, im.mem))
		core_panic("vmm: the guest image does not fit into its RAM");
	return im;
}

struct guest_image image_place(void)
{
	struct guest_image im = load_image(vm.ram.base);
	u64 offset, end = range_end(vm.ram);

	switch (config.dtb) {
	case DTB_HIGH:
		vm.dtb_base = align_down(end - DTB_SIZE, BLOCK_SIZE);
		break;
	case DTB_AFTER_IMAGE:
		vm.dtb_base = align_up(range_end(im.mem), PAGE_SIZE);
		break;
	case DTB_LOW:
		vm.dtb_base = vm.ram.base;
		offset = im.mem.base - vm.ram.base;
		if (offset < DTB_SIZE)
			im = load_image(vm.ram.base + BLOCK_SIZE);
		break;
	}
	if (vm.dtb_base + DTB_SIZE > end ||
	    range_overlaps((struct range){ vm.dtb_base, DTB_SIZE }, im.mem))
		core_panic("vmm: no room for the devicetree in guest RAM");
	vm.image_base = vm.entry = im.mem.base;
	return im;
}
