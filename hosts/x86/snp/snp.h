/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SNP model: what AMD hardware (RMP, instructions, #VC) and the PSP (launch, guest messages)
 * enforce, and above them what KVM and QEMU do with a guest's exits.
 *
 * Trusted: rmp.c, insn.c, npf.c, exit.c, msr.c, vmrun.c, and the PSP's files. Untrusted, reaching
 * the trusted half only through rmp_assign(), rmp_release(), rmp_psmash() and VMRUN
 * (snp_vmsa_enter(), snp_vmsa_leave()): host.c, vmgexit.c, ghcb.c, nae.c, psc.c, guestreq.c, ap.c.
 */
#ifndef SNP_H
#define SNP_H

#include "abi/ghcb.h"
#include "abi/snp.h"
#include "common/mutant.h"
#include "core/core.h"
#include "core/vmcb.h"
#include "vmm/vmm.h"

#define SNP_C_BIT_POSITION 51
#define SNP_C_BIT          BIT(SNP_C_BIT_POSITION)
#define SNP_VMPLS          4
#define SNP_SEV_STATUS     (SEV_STATUS_SEV | SEV_STATUS_ES | SEV_STATUS_SNP)
/* Reset value of the GHCB MSR: versions 1 to 2, position of the C-bit. */
#define SNP_MSR_SEV_INFO                                                                           \
	((u64)GHCB_VERSION_MAX << GHCB_SEV_INFO_VER_MAX_LO |                                       \
	 (u64)GHCB_VERSION_MIN << GHCB_SEV_INFO_VER_MIN_LO |                                       \
	 (u64)SNP_C_BIT_POSITION << GHCB_SEV_INFO_CBIT_LO | GHCB_MSR_SEV_INFO)
#define SNP_HV_FEATURES (GHCB_HV_FT_SNP | GHCB_HV_FT_AP_CREATE) /* as KVM 7.2 */
/* CR4 bits the guest's CPU has: bits 0-12, FSGSBASE, OSXSAVE, SMEP, SMAP, PKE. */
#define SNP_CR4_GUEST    0x751fffULL
#define SNP_SEV_FEATURES (SNP_SEV_STATUS >> SEV_FEATURES_SHIFT)

/* ---- RMP (rmp.c): one entry for each 4 KiB of guest RAM and firmware, by guest-physical address
 * without the C-bit. Backing is fixed per address, so an entry is found by GPA, not by SPA. ---- */
enum rmp_state {
	RMP_H,  /* hypervisor: assigned 0 */
	RMP_GI, /* assigned, not validated */
	RMP_GV, /* assigned, validated */
};

/* Position of a page in tables that hold one element for each: RAM below 4 GiB, RAM above,
 * firmware. false: no memory there. */
bool snp_page_index(u64 gpa, size_t *index);
size_t snp_page_count(void);

struct rmp_entry {
	u8 state;     /* enum rmp_state */
	bool size_2m; /* part of a 2 MiB entry: all 512 are equal */
	bool vmsa;
	bool immutable;          /* a VMSA in use: the host cannot change the entry */
	bool touched;            /* the private page may hold what the guest wrote */
	u8 perms[SNP_VMPLS - 1]; /* VMPL1..3, RMPADJUST_* >> 8; VMPL0 may do everything */
};

void rmp_init(void); /* every page H */
/* NULL: neither RAM nor firmware. Any address inside the page, no C-bit. */
const struct rmp_entry *rmp_get(u64 gpa);
/* RMPUPDATE by the host; size 4 KiB or 2 MiB, gpa aligned to it. ST_RANGE: no memory there;
 * ST_STATE: immutable. Assigning makes GI, whatever was there. Mappings of the range must be gone
 * before (host.c sees to it); a released page that was touched comes back as noise. */
enum status rmp_assign(u64 gpa, u64 size);
enum status rmp_release(u64 gpa, u64 size);
enum status rmp_psmash(u64 gpa); /* the 2 MiB entry around gpa becomes 512, same state */
/* SNP_LAUNCH_UPDATE: one page H or GI becomes GV. type: SNP_PAGE_*; a VMSA is never in guest
 * memory. ST_STATE: already GV. */
enum status rmp_launch(u64 gpa, unsigned type);
/* The private page at gpa (page-aligned), for the PSP and hardware (VMSA); NULL: none. */
u8 *rmp_private(u64 gpa);
/* The private page becomes writable by the guest. */
void rmp_touch(u64 gpa, u64 size);
void rmp_set_in_use(u64 gpa, bool in_use); /* VMRUN of a VMSA page and its end */

/* What an access with C=1 (or a forced private one) by VMPL0 meets: sheet 3.4. */
enum rmp_access {
	RMP_ACCESS_OK,
	RMP_ACCESS_NPF,           /* not assigned: the host's turn, then again */
	RMP_ACCESS_NOT_VALIDATED, /* #VC 0x404 */
	RMP_ACCESS_NOTHING,       /* no memory: the host's turn */
};
enum rmp_access rmp_access(u64 gpa);

/* PVALIDATE and RMPADJUST behind translation. SIZE: the entry is 2 MiB and the operand 4 KiB: #NPF
 * with SIZEM, the host smashes, again. */
struct rmp_result {
	enum { RMP_DONE, RMP_NEED_HOST, RMP_NEED_PSMASH, RMP_VC_404 } what;
	u32 eax; /* RMP_OK, RMP_FAIL_*: only RMP_DONE */
	bool cf; /* PVALIDATE with RMP_OK */
};
struct rmp_result rmp_pvalidate(u64 gpa, bool size_2m, bool validate);
struct rmp_result rmp_adjust(u64 gpa, bool size_2m, u64 rdx);

/* ---- vCPUs (v->hw) ---- */
enum snp_run {
	SNP_WAIT_SIPI, /* launched but not started, or after INIT, or destroyed */
	SNP_RUNNING,
	SNP_HOLD, /* AP reset hold */
};

#define SNP_TEMP_MAX 64 /* an instruction touches at most about forty tables and pages */

struct snp_temp {
	u64 gpa;
	unsigned perms;
};

struct snp_vcpu {
	enum snp_run state;
	u64 ghcb_msr;
	u64 ghcb_gpa; /* registered */
	bool ghcb_registered;
	u64 sev_features;
	u64 vmsa_gpa;           /* page of guest memory it runs from; 0: the launch's */
	u64 spec_ctrl, tsc_aux; /* MSRs nobody else keeps */
	/* Host's half: what other CPUs asked for this one. */
	bool has_vmsa; /* destroyed: nothing to run */
	bool sipi;     /* one came */
	bool waiting;  /* in vmm_park() or vmm_halt() */
	bool init;
	enum { SNP_AP_NOTHING, SNP_AP_CREATE, SNP_AP_CREATE_ON_INIT, SNP_AP_DESTROY } ap_request;
	u64 ap_vmsa_gpa;
	/* Private pages lent to the low alias for walks and fetches (npf.c), now or lately. */
	struct snp_temp temp[SNP_TEMP_MAX];
	unsigned temps, temp_next;
	bool lent;
	unsigned lent_exits;
};

static inline struct snp_vcpu *snp_hw(const struct vcpu *v)
{
	return v->hw;
}

/* ---- PSP ---- */
/* model.launch: reads the image, fills private memory, adds pages with rmp_launch(), measures.
 * rmp_init() was called. */
void snp_launch(void);
/* The measured VMSA of vCPU n, valid after snp_launch(). */
const u8 *snp_launch_vmsa(unsigned index);
/* A VMSA page (a private copy of it) becomes the state of v: VMCB save area, v->reg, the saved FP
 * state as far as the core keeps it. Checks nothing. */
void snp_vmsa_load(struct vcpu *v, const u8 vmsa[PAGE_SIZE]);
/* What the host presents as CPUID and the PSP accepts in the CPUID page: vmm_cpuid() and leaf
 * 8000_001F. */
void snp_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4]);
/* SNP_GUEST_REQUEST: both are private copies; returns the firmware error (0: response written). */
u32 psp_guest_request(const u8 request[PAGE_SIZE], u8 response[PAGE_SIZE]);
/* The host's certificate table for extended requests (sheet 17.2). */
struct blob snp_certificates(void);

/* ---- hardware: exits, instructions, nested faults ---- */
/* Raises #VC; a vCPU that cannot take it shuts down: verdict "stuck". */
void snp_vc(struct vcpu *v, u32 code);
void snp_inject_gp(struct vcpu *v); /* #GP(0), RIP stays */
void snp_inject_ud(struct vcpu *v);
bool snp_insn(struct vcpu *v); /* #UD exit: true when it was an instruction of SNP */
void snp_npf(struct vcpu *v, u64 info1, u64 gpa);
bool snp_msr_exit(struct vcpu *v, bool write); /* false: not an MSR hardware keeps, #VC */
/* The C-bit counts (PAE or long mode); else everything is private. Sets v->npt accordingly. */
bool snp_c_bit_works(const struct vcpu *v);
void snp_choose_world(struct vcpu *v);
/* Maps a validated page (or its whole 2 MiB entry) in v's world. */
void snp_map_private(struct vcpu *v, u64 gpa);
bool snp_reachable(u64 gpa, bool private); /* model.reachable */
/* Ends what npf.c lent to the low alias. */
void snp_temp_drop(struct vcpu *v);
void snp_worlds_init(void);
void snp_npf_summary(void);
void snp_insn_summary(void);
/* No mapping of the range is left in any world and on any CPU. */
void snp_unmap(struct vcpu *self, u64 gpa, u64 size);
/* VMRUN of another VMSA (vmrun.c): false when hardware refuses the page. */
bool snp_vmsa_enter(struct vcpu *v, u64 gpa);
void snp_vmsa_leave(struct vcpu *v);

/* ---- the host's half ---- */
void host_summary(void);
void host_init(void); /* all RAM and firmware private, as QEMU starts */
bool host_is_private(u64 gpa);
bool host_page_shared(u64 gpa); /* a page of RAM the host may read */
/* KVM_EXIT_HYPERCALL MAP_GPA and implicit conversions. ST_RANGE: no such memory, nothing changed;
 * ST_STATE: hardware refused (immutable). */
enum status host_convert(struct vcpu *v, u64 gpa, u64 size, bool to_private);
/* #NPF on a private access to a page that is not assigned: assigns, after converting if need be.
 * A page that is no memory ends the run. */
void host_private_fault(struct vcpu *v, u64 gpa);
/* The shared page behind gpa (any address in it: points at that byte), NULL: private or no memory.
 */
u8 *host_shared(u64 gpa);
/* The 2 MiB around gpa are shared RAM as a whole. */
bool host_block_shared(u64 gpa);
void host_vmgexit(struct vcpu *v);
void host_ghcb(struct vcpu *v);
NORETURN void host_terminated(unsigned set, unsigned reason);

/* One event through the GHCB page: the host works on a copy made once. */
struct nae {
	struct vcpu *v;
	u8 *page; /* shared: written only */
	u64 gpa;
	u8 in[GHCB_SIZE];
	u64 code, info1, info2; /* inputs */
	u64 out_info1, out_info2;
	u8 out[GHCB_BITMAP_SIZE]; /* valid bits of outputs */
};
bool nae_has(const struct nae *n, unsigned offset); /* valid bit of an input */
u64 nae_get(const struct nae *n, unsigned offset);
void nae_set(struct nae *n, unsigned offset, u64 value); /* output and its bit */
void nae_malformed(struct nae *n, unsigned error);       /* GHCB_ERR_* */
void nae_exception(struct nae *n, unsigned vector, bool has_error);
/* Offset of SCRATCH in the shared buffer, ST_RANGE unless `size` bytes from it lie inside. */
enum status nae_scratch(const struct nae *n, u64 size, unsigned *offset);

void nae_ioio(struct nae *n);
void nae_msr(struct nae *n);
void nae_mmio(struct nae *n, bool write);
void nae_cpuid(struct nae *n);
void nae_time(struct nae *n);
void nae_psc(struct nae *n);
void nae_guest_request(struct nae *n, bool extended);
void nae_ap_create(struct nae *n);
void nae_summary(void);
void psc_summary(void);

/* One 4 KiB page by the MSR protocol: false when the host refuses. */
bool psc_msr(struct vcpu *v, u64 gfn, unsigned op);

/* ---- life of APs (ap.c) ---- */
void ap_init(void);                 /* hooks of the vmm */
void ap_wait_start(struct vcpu *v); /* until it runs */
/* Before an entry: INIT, create and destroy that others asked for; returns when it is to run. */
void ap_poll(struct vcpu *v);
void ap_halt(struct vcpu *v);
/* AP reset hold: true when a SIPI ended it, false when the vCPU runs from another VMSA now. */
bool ap_hold(struct vcpu *v);

#endif
