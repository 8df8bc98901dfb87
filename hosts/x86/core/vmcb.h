/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMCB (APM volume 2, appendix B) as QEMU's TCG implements it: revision 1, nested paging. */
#ifndef VMCB_H
#define VMCB_H

#include "types.h"

struct vmcb_segment {
	u16 selector,
	    attributes; /* 12 bits: type 3:0, S 4, DPL 6:5, P 7, AVL 8, L 9, DB 10, G 11 */
	u32 limit;
	u64 base;
} __attribute__((packed));

struct vmcb {
	u16 cr_read, cr_write, dr_read, dr_write;
	u32 exceptions;
	u64 intercepts; /* bits 0..63 of offset 0x0c */
	u8 reserved0[0x40 - 0x14];
	u64 iopm, msrpm, tsc_offset;
	u32 asid, tlb_control;
	u32 int_control, int_vector;
	u64 int_state; /* bit 0: interrupt shadow */
	u64 exit_code, exit_info1, exit_info2, exit_int_info;
	u64 nested_control;
	u8 reserved1[0x10];
	u64 event_injection, nested_cr3, lbr, clean, next_rip;
	u8 insn_length, insn_bytes[15];
	u8 reserved2[0x400 - 0xe0];
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved3[0x4cb - 0x4a0];
	u8 cpl;
	u32 reserved4;
	u64 efer;
	u8 reserved5[0x548 - 0x4d8];
	u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	u8 reserved6[0x5d8 - 0x580];
	u64 rsp;
	u8 reserved7[0x5f8 - 0x5e0];
	u64 rax, star, lstar, cstar, sfmask, kernel_gs_base, sysenter_cs, sysenter_esp,
	    sysenter_eip, cr2;
	u8 reserved8[0x668 - 0x648];
	u64 pat;
	u8 reserved9[0x1000 - 0x670];
} __attribute__((packed));

_Static_assert(sizeof(struct vmcb) == 4096, "one page");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x70, "APM");
_Static_assert(offsetof(struct vmcb, event_injection) == 0xa8, "APM");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "APM");
_Static_assert(offsetof(struct vmcb, rip) == 0x578, "APM");
_Static_assert(offsetof(struct vmcb, cr2) == 0x640, "APM");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "APM");

/* Exit codes. */
enum vmexit {
	VMEXIT_CR0_WRITE = 0x10,
	VMEXIT_CR4_WRITE = 0x14,
	VMEXIT_DR7_READ = 0x27,
	VMEXIT_DR7_WRITE = 0x37,
	VMEXIT_EXCEPTION_UD = 0x46,
	VMEXIT_INTR = 0x60,
	VMEXIT_NMI = 0x61,
	VMEXIT_VINTR = 0x64,
	VMEXIT_RDTSC = 0x6e,
	VMEXIT_RDPMC = 0x6f,
	VMEXIT_CPUID = 0x72,
	VMEXIT_IRET = 0x74,
	VMEXIT_INVD = 0x76,
	VMEXIT_HLT = 0x78,
	VMEXIT_INVLPG = 0x79,
	VMEXIT_INVLPGA = 0x7a,
	VMEXIT_IOIO = 0x7b,
	VMEXIT_MSR = 0x7c,
	VMEXIT_SHUTDOWN = 0x7f,
	VMEXIT_VMRUN = 0x80,
	VMEXIT_VMMCALL = 0x81,
	VMEXIT_VMLOAD = 0x82,
	VMEXIT_VMSAVE = 0x83,
	VMEXIT_STGI = 0x84,
	VMEXIT_CLGI = 0x85,
	VMEXIT_SKINIT = 0x86,
	VMEXIT_RDTSCP = 0x87,
	VMEXIT_WBINVD = 0x89,
	VMEXIT_MONITOR = 0x8a,
	VMEXIT_MWAIT = 0x8b,
	VMEXIT_MWAIT_ARMED = 0x8c,
	VMEXIT_XSETBV = 0x8d,
	VMEXIT_NPF = 0x400,
};

/* EXITINFO1 of a nested page fault. */
#define NPF_PRESENT  BIT(0)
#define NPF_WRITE    BIT(1)
#define NPF_USER     BIT(2)
#define NPF_RESERVED BIT(3)
#define NPF_FETCH    BIT(4)
#define NPF_FINAL    BIT(32) /* the access itself */
#define NPF_WALK     BIT(33) /* the guest's table walk */

/* EVENTINJ and EXITINTINFO. */
#define EVENT_VECTOR(e)    ((unsigned)FIELD(e, 7, 0))
#define EVENT_TYPE(e)      ((unsigned)FIELD(e, 10, 8))
#define EVENT_HAS_ERROR    BIT(11)
#define EVENT_VALID        BIT(31)
#define EVENT_SOFT         4u /* INTn: executed again, never injected */

#define INT_V_IRQ          BIT(8)
#define INT_V_PRIORITY     MASK(19, 16)
#define INT_V_IGNORE_TPR   BIT(20)
#define INT_SHADOW         BIT(0) /* of int_state */
#define INT_V_INTR_MASKING BIT(24)

struct vcpu;
/*
 * A fresh VMCB with every intercept both models need: all MSRs and ports, #UD, CPUID, HLT, INVD,
 * WBINVD, RDPMC, MONITOR, MWAIT, VMMCALL and the SVM instructions, DR7 (read and write), CR0 and
 * CR4 writes, SHUTDOWN, INTR, NMI; nested paging on, V_INTR_MASKING on, EFER.SVME set (hidden from
 * the guest), everything else zero.
 */
void vmcb_reset(struct vcpu *v);

#endif
