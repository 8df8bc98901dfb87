/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one interface between the guest and the platform it runs on (design section 2).
 *
 * Each backend (plain/, rsi/, ghcb/, tdcall/, pkvm/) defines one struct cvm_ops. cvm_detect()
 * chooses one at boot and fills `cvm`; from then on both are constant. Nothing above the backends
 * has an #ifdef for a platform.
 */
#ifndef CVM_H
#define CVM_H

#include "handoff.h"
#include "range.h"
#include "status.h"
#include "types.h"

enum cvm_platform {
	CVM_PLAIN = 1u << 0,
	CVM_CCA = 1u << 1,
	CVM_SNP = 1u << 2,
	CVM_TDX = 1u << 3,
	CVM_PKVM = 1u << 4,
	CVM_ANY = 0x1f,
};

/* What acceptance cost. Printed by the guest; the reference host prints its own count of the same
 * events and the two must be equal. */
struct accept_stats {
	u64 calls;         /* requests to the platform (CCA: RSI_IPA_STATE_SET; SNP: PVALIDATE) */
	u64 exits;         /* exits to the untrusted host that accepting needed */
	u64 continuations; /* calls that only went on where an earlier one stopped */
	u64 pages_2m;
	u64 pages_4k;
	u64 mismatches; /* 2 MiB attempts that had to fall back to 4 KiB */
	u64 retries;    /* calls that made no progress */
	u64 bytes;
};

enum cvm_shutdown {
	CVM_SHUTDOWN_PASS, /* verdict: nothing failed (arm64: PSCI SYSTEM_OFF) */
	CVM_SHUTDOWN_FAIL, /* verdict: something failed, or a fatal stop (arm64: PSCI SYSTEM_RESET)
			    */
};

struct cvm;

#define CVM_ENTROPY_BYTES 24 /* one answer of TRNG */

struct cvm_ops {
	const char *name; /* "plain", "cca" */
	enum cvm_platform platform;

	/* Is this the platform? ST_OK yes (and *c filled), ST_UNSUPPORTED no, anything else: yes,
	 * but it cannot be used (fatal). Never trusts one host-controlled hint alone. Runs before
	 * the memory map exists, touching only memory inside the image. */
	enum status (*detect)(struct cvm *c, const struct handoff *h);

	/* Before the first read of memory that the loader says it filled (devicetree, ACPI, maps):
	 * is the range private memory with content? CCA: RIPAS RAM; plain: always ST_OK. */
	enum status (*is_private)(struct range r);

	/* Make an aligned range usable private memory. Loops to completion, bounded, checks
	 * progress; adds to *stats. Memory that the platform reports as lost (DESTROYED) is never
	 * turned into RAM: ST_DESTROYED. Safe to call from several CPUs on disjoint ranges. It
	 * is touched only after ST_OK, and mapped only then, unless converts_mapped. */
	enum status (*accept)(struct range r, struct accept_stats *stats);

	/* Convert for the shared pool. No CPU uses the range. Without converts_mapped the caller
	 * has broken the mapping first and makes the new one after (TDX, CCA: a private mapping of
	 * a page the host holds shared is fatal or an abort). With it the range is mapped private,
	 * in the largest leaves that fit, on entry to accept(), share() and unshare() (SNP:
	 * PVALIDATE takes a virtual address): share() runs before that mapping is broken, unshare()
	 * after the shared one was replaced by a private one. Content is gone by rule; the caller
	 * zeroes. After a failure the range is in no known state and must be leaked. */
	bool converts_mapped;
	/* Shared memory is the same memory, its content kept: what stands in it at share() is the
	 * host's to read (pKVM). The caller zeroes before, too. */
	bool in_place;
	enum status (*share)(struct range r);
	enum status (*unshare)(struct range r);

	/* Device access that goes explicitly to the host: exactly one single-register load or store
	 * of `width` (1, 2, 4, 8) bytes. `pa` is the address without alias bits. */
	u64 (*mmio_read)(u64 pa, unsigned width);
	void (*mmio_write)(u64 pa, unsigned width, u64 value);
	/* x86 port I/O, width 1, 2 or 4. NULL on arm64. */
	u32 (*port_in)(u16 port, unsigned width);
	void (*port_out)(u16 port, unsigned width, u32 value);
	/* bytes reads of one byte each from the port, many to an exit; buf is private. NULL: the
	 * platform has no string form, and each byte is an exit. */
	void (*port_in_string)(u16 port, void *buf, size_t bytes);

	/* x86 model-specific registers that the host emulates (x2APIC). NULL on arm64. */
	u64 (*msr_read)(u32 msr);
	void (*msr_write)(u32 msr, u64 value);

	/* Token, report or quote bound to 64 caller bytes; *len in: capacity, out: bytes written.
	 * `shared` is evidence_pages pages of the shared pool (SNP: request, response and
	 * certificates; TDX: quote buffer), NULL when that is 0. The host sees nothing else of the
	 * exchange. ST_UNSUPPORTED on a plain VM. */
	size_t evidence_pages;
	enum status (*evidence)(const u8 report_data[64], void *shared, u8 *buf, size_t *len);
	/* Why the last evidence() failed, for people: what was asked, what came back (number and
	 * name), and where to look. Never NULL; empty after a success. NULL: none to ask. */
	const char *(*evidence_why)(void);
	/* Runtime measurement registers. index counts from 0 (launch measurement; read only). */
	enum status (*measure_read)(unsigned index, u8 *digest, size_t *len);
	enum status (*measure_extend)(unsigned index, const u8 *digest, size_t len);

	/* Random bytes from below, whose source is the host's or unknown (pKVM: TRNG): mixed in
	 * beside others, never in place of one. ST_INCOMPLETE: none now. NULL: none ever. */
	enum status (*entropy)(u8 bytes[CVM_ENTROPY_BYTES]);

	/* Pages a CPU needs before it starts, from the caller because backends allocate nothing:
	 * cpu_shared_pages of the shared pool (SNP: its GHCB) and cpu_private_pages of private
	 * memory, contiguous (SNP: the VMSA, on a page that is not 2 MiB aligned, and backups).
	 * Both 0 and cpu_prepare NULL elsewhere. Called once per secondary CPU, index as in smp.h.
	 */
	unsigned cpu_shared_pages, cpu_private_pages;
	enum status (*cpu_prepare)(unsigned index, void *shared, void *private_pages);
	/* Start CPU `hwid` (arm64: MPIDR affinity; x86: APIC id) at physical address entry with
	 * argument ctx. With cpu_long_mode (x86 only) it begins at entry in 64-bit mode on the live
	 * page tables with RDI = ctx, else in real mode (plain x86: entry below 1 MiB). */
	bool cpu_long_mode;
	enum status (*cpu_start)(u64 hwid, u64 entry, u64 ctx);
	/* On the CPU itself, before it touches a device (SNP: registers its GHCB): on the boot CPU
	 * (index 0) right after mmu_init(), on others when their descriptor tables are loaded and
	 * before they are seen online. NULL: nothing. x86 only. */
	enum status (*cpu_init)(unsigned index);
	/* The calling CPU leaves for good (arm64: PSCI CPU_OFF; x86: halts, after it has cleared
	 * cpu_self()->online, so that no TLB flush waits for it). */
	NORETURN void (*cpu_off)(void);
	/* From another CPU, when it has left or is about to: nothing of it remains that the host
	 * could run again (SNP: its VMSA). NULL: there is nothing. */
	enum status (*cpu_forget)(unsigned index);
	NORETURN void (*shutdown)(enum cvm_shutdown verdict);

	/* Last line before shutdown: "# counters: name=value ..." of every request this backend
	 * made that a host counts too (CCA: ipa_state_set, host_calls). NULL: nothing to compare.
	 */
	void (*print_counters)(void);
};

/* Filled once by cvm_detect(), constant afterwards. */
struct cvm {
	const struct cvm_ops *ops;
	u64 pte_private; /* bits a leaf entry carries for private memory */
	u64 pte_shared;  /* bits a leaf entry carries for shared memory and devices */
	u64 dma_shared;  /* bits a device's address of shared memory carries (CCA: the alias bit) */
	u64 addr_limit;  /* first guest-physical address that cannot be private memory */
	unsigned addr_bits; /* guest-physical width in bits, alias bit included */
	bool conduit_hvc;   /* arm64: PSCI by HVC instead of SMC (plain: from devicetree or ACPI) */
	bool has_psci;      /* arm64: a PSCI conduit is known */
	/* The platform is there, but nothing may be shared with or accepted from it. detect() may
	 * say so here instead of failing, where the way to a console is safe all the same: the stop
	 * then comes behind the banner, where its reason can be read. */
	enum status unusable;
};

extern struct cvm cvm;

/* Backends linked into this image, in detection order, NULL-terminated (boot/<arch>/platforms.c).
 */
extern const struct cvm_ops *const cvm_platforms[];

/* Chooses the backend. Never returns an error: no platform found or a broken one is a named stop.
 */
void cvm_detect(const struct handoff *h);

#endif
