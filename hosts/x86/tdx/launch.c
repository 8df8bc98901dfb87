/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building the TD in the order QEMU and KVM do: TDH.MNG.INIT, vCPUs, metadata and HOB,
 * TDH.VP.INIT, each section's pages (ADD, then 16 EXTENDs where it is measured), FINALIZE.
 */
#include <string.h>

#include "host.h"
#include "tdx.h"
#include "vmm/vmm.h"

static void must(u64 status, const char *call, u64 gpa)
{
	if (status != TDX_SUCCESS)
		core_panic("%s of gpa 0x%llx: status 0x%llx", call, (unsigned long long)gpa,
			   (unsigned long long)status);
}

static void add_page(u64 gpa, const u8 *page, bool measured)
{
	struct sept_walk w;

	if (sept_walk(gpa, &w) && w.level == TDX_LEVEL_2M)
		must(sept_add(gpa), "TDH.MEM.SEPT.ADD", gpa);
	must(sept_page_add(gpa, page), "TDH.MEM.PAGE.ADD", gpa);
	for (u64 at = gpa; measured && at < gpa + PAGE_SIZE; at += TDX_MRTD_CHUNK)
		must(measure_extend(at), "TDH.MR.EXTEND", at);
}

/* data: raw bytes of the section, the rest of its memory is zero. */
static void add_section(const struct tdvf_section *s, const u8 *data, size_t size)
{
	static u8 page[PAGE_SIZE];

	for (u64 off = 0; off < s->size; off += PAGE_SIZE) {
		size_t n = off < size ? MIN(size - (size_t)off, PAGE_SIZE) : 0;

		memset(page, 0, sizeof(page));
		if (n != 0)
			memcpy(page, data + off, n);
		add_page(s->gpa + off, page, (s->attributes & TDVF_MR_EXTEND) != 0);
	}
}

static const struct tdvf_section *hob_section(const struct tdvf *t)
{
	size_t i = 0;

	while (t->sections[i].type != TDVF_TD_HOB)
		i++;
	return &t->sections[i];
}

static void load(const struct tdvf *t, struct blob image)
{
	static u8 hob[KIB(64)];
	const struct tdvf_section *h = hob_section(t);
	size_t used = hob_build(hob, MIN((size_t)h->size, sizeof(hob)), h->gpa, t);

	if (used == 0)
		core_panic("the TD HOB does not fit the section of 0x%llx bytes",
			   (unsigned long long)h->size);
	for (unsigned i = 0; i < config.cpus; i++)
		td_vp_init(&vcpus[i], h->gpa);
	for (size_t i = 0; i < t->count; i++) {
		const struct tdvf_section *s = &t->sections[i];

		if (s == h)
			add_section(s, hob, used);
		else
			add_section(s, image.data + s->offset, s->raw_size);
	}
}

void host_launch(void)
{
	static struct tdvf tdvf;
	struct blob image = core_guest_image();
	const char *error = NULL;
	u64 attributes = TDX_ATTR_SEPT_VE_DISABLE | (config.debug ? TDX_ATTR_DEBUG : 0);
	u64 flags = config.gpaw == TDX_GPAW_48 ? 0 : TDX_CONFIG_GPAW_52;

	must(td_init(attributes, td_xfam(), flags), "TDH.MNG.INIT", 0);
	if (tdvf_parse(image.data, image.size, &tdvf, &error) != ST_OK)
		core_panic("guest image: %s", error);
	host_memory_init();
	load(&tdvf, image);
	must(td_mr_finalize(), "TDH.MR.FINALIZE", 0);
	channel_hex("measurement", tdcs.mrtd, sizeof(tdcs.mrtd));
	host_aug_all();
}
