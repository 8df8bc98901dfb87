/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The untrusted half of the TDX host: what KVM and QEMU do (linux arch/x86/kvm/vmx/tdx.c, QEMU
 * hw/i386/tdvf*.c and target/i386/kvm/tdx*.c). It knows of a TD what TD exits carry, and nothing
 * of what private memory or unselected registers hold.
 */
#ifndef TDX_HOST_H
#define TDX_HOST_H

#include "core/core.h"
#include "status.h"

/* ---- launch ---- */
#define TDVF_SECTIONS_MAX 64

struct tdvf_section {
	u32 offset, raw_size, type, attributes;
	u64 gpa, size;
};

struct tdvf {
	struct tdvf_section sections[TDVF_SECTIONS_MAX];
	size_t count;
};

/* QEMU's rules; on failure *error says what is wrong. */
enum status tdvf_parse(const u8 *image, size_t size, struct tdvf *out, const char **error);
void host_launch(void);

/* ---- TD HOB (hob.c) ---- */
/* QEMU's list for the TD_HOB section at gpa: returns the bytes used, 0: it does not fit. */
size_t hob_build(u8 *buf, size_t size, u64 gpa, const struct tdvf *tdvf);

/* ---- memory: the VMM's attribute of each page (KVM memory attributes) ---- */
void host_memory_init(void);
/* Adds all RAM that the launch did not: 2 MiB where it can. */
void host_aug_all(void);
/* One page of RAM or firmware; ST_RANGE: no memory there. */
bool host_page_shared(u64 gpa);
/* 4 KiB multiples of RAM. */
void host_convert(struct vcpu *v, u64 gpa, u64 size, bool to_shared);

/* TD exits with an EPT violation. level: what ACCEPT asked for, -1: a plain access. Never returns
 * when the TD cannot go on. */
void host_private_fault(struct vcpu *v, u64 gpa, int level);
enum shared_kind { SHARED_MMIO, SHARED_RAM };
/* Shared EPT entry missing: MMIO entries have suppress-#VE clear. */
enum shared_kind host_shared_kind(u64 gpa);
void host_shared_fault(struct vcpu *v, u64 gpa, bool fetch);
/* The VMM's pointer to shared memory it is asked to use, NULL: not wholly shared. */
u8 *host_shared_pointer(u64 gpa, u64 size);

/* ---- TDG.VP.VMCALL ---- */
/* The registers the guest exposes; all others are 0 and stay the guest's. Index as v->reg. */
struct vmcall {
	u64 reg[16];
};
void host_tdvmcall(struct vcpu *v, struct vmcall *c);
void host_map_gpa(struct vcpu *v, struct vmcall *c);
void host_get_quote(struct vcpu *v, struct vmcall *c);

/* ---- quoting enclave (quote.c): TDREPORT to quote v4; ST_DENIED: the report's MAC is wrong ----
 */
#define QUOTE_MAX 8192
enum status quote_create(const u8 report[1024], u8 *out, size_t size, size_t *used);

#endif
