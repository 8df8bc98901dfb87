/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registered firmware (Android): what the bootloader does before there is a host, and EL2 after it.
 * The bootloader verifies pvmfw and leaves configuration behind it, with a DICE handover of its
 * own; EL2 keeps both where the host cannot read, and writes them into each granule that the host
 * donates at the firmware's place. So the host decides which memory it is, never what is in it.
 *
 * The two CDIs are secrets of the boot: this host looks for them in all it can read.
 */
#include <bearssl.h>
#include <libfdt.h>
#include <string.h>

#include "common/secret.h"
#include "le.h"
#include "pkvm/model.h"
#include "range.h"

#define CONFIG_MAX KIB(4)
#define CDI_SIZE   32u

static struct {
	bool prepared;
	struct blob file;
	u64 config_at; /* from the place's first byte */
	size_t config_size;
	u8 config[CONFIG_MAX] ALIGNED(8);
} fw;

/* ---- CBOR, as far as a handover needs it ---- */

struct writer {
	u8 *at;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	memcpy(w->at, bytes, n);
	w->at += n;
}

static void put_byte(struct writer *w, u8 b)
{
	*w->at++ = b;
}

static void put_bstr(struct writer *w, const void *bytes, u8 n)
{
	put_byte(w, 0x58);
	put_byte(w, n);
	put(w, bytes, n);
}

/* What a boot's own values come from: a label and the firmware's bytes. */
static void derive(const char *label, u8 out[CDI_SIZE])
{
	br_sha256_context c;

	br_sha256_init(&c);
	br_sha256_update(&c, label, strlen(label));
	br_sha256_update(&c, fw.file.data, fw.file.size);
	br_sha256_out(&c, out);
}

static void put_cdi(struct writer *w, u8 label, const char *name)
{
	u8 cdi[CDI_SIZE];

	derive(name, cdi);
	if (!secret_watch_bytes(cdi, sizeof(cdi)))
		core_panic("pkvm: no room to watch %s", name);
	put_byte(w, label);
	put_bstr(w, cdi, sizeof(cdi));
}

/* A key and one certificate, in form: nobody here verifies it. */
static void put_chain(struct writer *w)
{
	static const u8 key[] = { 0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21 }; /* OKP, EdDSA, Ed25519 */
	static const u8 protected[] = { 0xa1, 1, 0x27 };
	u8 bytes[CDI_SIZE];

	put_byte(w, 3);
	put_byte(w, 0x82);
	put(w, key, sizeof(key));
	derive("public key", bytes);
	put_bstr(w, bytes, sizeof(bytes));
	put_byte(w, 0x84);
	put_bstr(w, protected, sizeof(protected));
	put_byte(w, 0xa0);
	derive("claims", bytes);
	put_bstr(w, bytes, sizeof(bytes));
	derive("signature", bytes);
	put_bstr(w, bytes, sizeof(bytes));
}

static size_t put_handover(u8 *at)
{
	struct writer w = { at };

	put_byte(&w, 0xa3);
	put_cdi(&w, 1, "CDI_Attest");
	put_cdi(&w, 2, "CDI_Seal");
	put_chain(&w);
	return (size_t)(w.at - at);
}

/* ---- configuration data ---- */

/* What each version has: how many entries, and what the header says. */
static const struct {
	u16 minor, major;
	unsigned entries;
} version[] = {
	[PVMFW_CONFIG_1_2] = { 2, 1, 4 }, [PVMFW_CONFIG_1_1] = { 1, 1, 3 },
	[PVMFW_CONFIG_1_0] = { 0, 1, 2 }, [PVMFW_CONFIG_1_9] = { 9, 1, 4 },
	[PVMFW_CONFIG_2_0] = { 0, 2, 2 },
};

static void put_entry(unsigned i, size_t offset, size_t size)
{
	u8 *e = fw.config + PVMFW_CONFIG_HEADER + i * PVMFW_CONFIG_ENTRY;

	le_put(e, offset, 4);
	le_put(e + 4, size, 4);
}

/* The handover, and where there is one the reference devicetree: an empty one. */
static void make_config(enum pvmfw_config_kind kind)
{
	unsigned entries = version[kind].entries;
	size_t end = PVMFW_CONFIG_HEADER + entries * PVMFW_CONFIG_ENTRY;
	size_t size = put_handover(fw.config + end);

	put_entry(PVMFW_ENTRY_DICE, end, size);
	end = align_up(end + size, PVMFW_CONFIG_ALIGN);
	if (entries > PVMFW_ENTRY_REFERENCE) {
		if (fdt_create_empty_tree(fw.config + end, (int)(CONFIG_MAX - end)) != 0)
			core_panic("pkvm: no room for a reference devicetree");
		fdt_pack(fw.config + end);
		size = fdt_totalsize(fw.config + end);
		put_entry(PVMFW_ENTRY_REFERENCE, end, size);
		end = align_up(end + size, PVMFW_CONFIG_ALIGN);
	}
	le_put(fw.config, PVMFW_CONFIG_MAGIC, 4);
	le_put(fw.config + 4, version[kind].minor, 2);
	le_put(fw.config + 6, version[kind].major, 2);
	le_put(fw.config + 8, end, 4);
	fw.config_size = end;
}

enum status pvmfw_prepare(enum pvmfw_config_kind kind)
{
	memset(&fw, 0, sizeof(fw));
	fw.file = core_guest_image();
	fw.config_at = align_up(fw.file.size, KIB(4));
	if (kind != PVMFW_CONFIG_NONE && !fault_on(FAULT_FW_CONFIG_ABSENT))
		make_config(kind);
	if (V(fw.config_at + fw.config_size > PVMFW_SIZE))
		return ST_RANGE;
	fw.prepared = true;
	return ST_OK;
}

/* ---- at each donation ---- */

/* Of `size` bytes that belong at `at` those that lie in the granule at `from`. */
static void put_part(u8 *granule, u64 from, u64 at, const u8 *data, size_t size)
{
	u64 start = MAX(from, at), end = MIN(from + hyp_vm.granule, at + size);

	if (start < end)
		memcpy(granule + (start - from), data + (start - at), end - start);
}

void pvmfw_fill(u64 ipa, u64 pa)
{
	struct range place = { hyp_vm.pvmfw, PVMFW_SIZE }, granule = { ipa, hyp_vm.granule };
	u8 *to = pa_to_ptr(pa);

	if (!fw.prepared || !range_contains(place, granule))
		return;
	memset(to, 0, hyp_vm.granule);
	put_part(to, ipa - place.base, 0, fw.file.data, fw.file.size);
	put_part(to, ipa - place.base, fw.config_at, fw.config, fw.config_size);
}
