/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPU the host presents: what the machine's can do, without what a guest cannot have here. An
 * allow-list of leaves; all others are zero.
 */
#include "vmm/local.h"

enum { EAX, EBX, ECX, EDX };

#define LEAF_MAX          0x1fu
#define LEAF_EXTENDED_MAX 0x8000001eu
#define PHYSICAL_BITS     52u
#define VIRTUAL_BITS      48u

#define CR4_OSXSAVE       BIT(18)
#define CR4_PKE           BIT(22)

/* Leaf 1 ECX */
#define ECX1_REMOVED                                                                               \
	(BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(10) | BIT(11) |        \
	 BIT(14) | BIT(15) | BIT(17) | BIT(18)) /* DTES64 MONITOR DS-CPL VMX SMX EST TM2 CNXT-ID   \
						   SDBG xTPR PDCM PCID DCA */
#define ECX1_X2APIC       BIT(21)
#define ECX1_TSC_DEADLINE BIT(24)
#define ECX1_XSAVE        BIT(26)
#define ECX1_OSXSAVE      BIT(27)
#define ECX1_HYPERVISOR   BIT(31)
/* Leaf 1 EDX */
#define EDX1_APIC    BIT(9)
#define EDX1_HTT     BIT(28)
#define EDX1_REMOVED (BIT(18) | BIT(21) | BIT(22) | BIT(29) | BIT(31)) /* PSN DS ACPI TM PBE */
/* Leaf 7 */
#define EBX7_KEPT                                                                                  \
	(BIT(0) | BIT(3) | BIT(5) | BIT(7) | BIT(8) | BIT(9) | BIT(18) | BIT(19) | BIT(20) |       \
	 BIT(23) | BIT(24) | BIT(29)) /* FSGSBASE BMI1 AVX2 SMEP BMI2 ERMS RDSEED ADX SMAP         \
					 CLFLUSHOPT CLWB SHA */
#define ECX7_KEPT  (BIT(2) | BIT(3) | BIT(9) | BIT(10) | BIT(22)) /* UMIP PKU VAES VPCLMUL RDPID */
#define ECX7_PKU   BIT(3)
#define ECX7_OSPKE BIT(4)
#define EDX7_KEPT  BIT(4) /* FSRM */
/* Extended leaf 1 ECX: SVM ExtApic OSVW IBS SKINIT WDT LWP NodeId PerfCtr* DBX L2I MONITORX */
#define ECX81_REMOVED                                                                              \
	(BIT(2) | BIT(3) | BIT(9) | BIT(10) | BIT(12) | BIT(13) | BIT(15) | BIT(19) | BIT(23) |    \
	 BIT(24) | BIT(26) | BIT(27) | BIT(28) | BIT(29))
#define INVARIANT_TSC BIT(8)
#define ARAT          BIT(2)

/* x87, SSE, AVX, PKRU: the state components a guest may enable */
#define XCR0_KEPT  0x207u
#define XSAVE_KEPT 0x5u /* XSAVEOPT, XGETBV with ECX = 1 */

static unsigned id_bits(void)
{
	unsigned bits = 0;

	while (1u << bits < config.cpus)
		bits++;
	return bits;
}

static bool apic_on(const struct vcpu *v)
{
	return (lapic_of(v)->base & APIC_BASE_EN) != 0;
}

static void features(const struct vcpu *v, u32 *r)
{
	r[EBX] = v->index << 24 | config.cpus << 16 | (r[EBX] & 0xffff);
	r[ECX] &= (u32) ~(ECX1_REMOVED | ECX1_OSXSAVE);
	r[ECX] |= ECX1_X2APIC | ECX1_TSC_DEADLINE | ECX1_HYPERVISOR;
	if ((r[ECX] & ECX1_XSAVE) != 0 && (v->vmcb->cr4 & CR4_OSXSAVE) != 0)
		r[ECX] |= ECX1_OSXSAVE;
	r[EDX] &= (u32) ~(EDX1_REMOVED | EDX1_HTT | EDX1_APIC);
	if (config.cpus > 1)
		r[EDX] |= EDX1_HTT;
	if (apic_on(v))
		r[EDX] |= EDX1_APIC;
}

static void features7(const struct vcpu *v, u32 sub, u32 *r)
{
	if (sub != 0) {
		r[EAX] = r[EBX] = r[ECX] = r[EDX] = 0;
		return;
	}
	r[EAX] = 0;
	r[EBX] &= (u32)EBX7_KEPT;
	r[ECX] &= (u32)ECX7_KEPT;
	r[EDX] &= (u32)EDX7_KEPT;
	if ((r[ECX] & ECX7_PKU) != 0 && (v->vmcb->cr4 & CR4_PKE) != 0)
		r[ECX] |= (u32)ECX7_OSPKE;
}

/* Cache parameters; only the last level is shared. */
static void caches(u32 *r)
{
	u32 level = r[EAX] >> 5 & 7, sharing = level >= 3 ? config.cpus - 1 : 0;

	if ((r[EAX] & 0x1f) == 0)
		return;
	r[EAX] = (r[EAX] & 0x3fff) | sharing << 14 | (config.cpus - 1) << 26;
}

static void caches_amd(u32 *r)
{
	u32 level = r[EAX] >> 5 & 7;

	if ((r[EAX] & 0x1f) != 0)
		r[EAX] = (r[EAX] & 0x3fff) | (level >= 3 ? config.cpus - 1 : 0) << 14;
}

/* One thread per core, one package. */
static void topology(const struct vcpu *v, u32 sub, u32 *r)
{
	r[EAX] = sub == 1 ? id_bits() : 0;
	r[EBX] = sub == 0 ? 1 : sub == 1 ? config.cpus : 0;
	r[ECX] = (sub & 0xff) | (sub < 2 ? (sub + 1) << 8 : 0);
	r[EDX] = v->index;
}

static void xsave(u32 sub, u32 *r)
{
	if (sub == 0) {
		r[EAX] &= XCR0_KEPT;
		r[EDX] = 0;
	} else if (sub == 1) {
		r[EAX] &= XSAVE_KEPT;
		r[EBX] = r[ECX] = r[EDX] = 0;
	} else if (sub >= 32 || (XCR0_KEPT >> sub & 1) == 0) {
		r[EAX] = r[EBX] = r[ECX] = r[EDX] = 0;
	}
}

/*
 * KVM's interface with none of its features. The name matters: a guest may use x2APIC without
 * interrupt remapping only below a hypervisor it knows (no bare machine has that), and a TD has no
 * other APIC.
 */
static void hypervisor(u32 leaf, u32 *r)
{
	static const char name[] = "KVMKVMKVM\0\0";

	r[EAX] = r[EBX] = r[ECX] = r[EDX] = 0;
	if (leaf != 0x40000000)
		return;
	r[EAX] = leaf + 1;
	for (unsigned i = 0; i < 12; i++)
		r[EBX + i / 4] |= (u32)(u8)name[i] << (i % 4 * 8);
}

static void extended(const struct vcpu *v, u32 leaf, u32 *r)
{
	switch (leaf) {
	case 0x80000000:
		r[EAX] = LEAF_EXTENDED_MAX;
		break;
	case 0x80000001:
		r[ECX] &= (u32)~ECX81_REMOVED;
		r[EDX] &= (u32)~EDX1_APIC;
		if (apic_on(v) && r[EDX] != 0)
			r[EDX] |= EDX1_APIC;
		break;
	case 0x80000002 ... 0x80000006:
		break;
	case 0x80000007:
		r[EAX] = r[EBX] = r[ECX] = 0;
		r[EDX] = INVARIANT_TSC;
		break;
	case 0x80000008:
		r[EAX] = PHYSICAL_BITS | VIRTUAL_BITS << 8;
		r[EBX] = r[EDX] = 0;
		r[ECX] = (config.cpus - 1) | id_bits() << 12;
		break;
	case 0x8000001d:
		caches_amd(r);
		break;
	case 0x8000001e:
		r[EAX] = r[EBX] = v->index;
		r[ECX] = r[EDX] = 0;
		break;
	default:
		r[EAX] = r[EBX] = r[ECX] = r[EDX] = 0;
	}
}

void vmm_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4])
{
	machine_cpuid(leaf, subleaf, out);
	if (leaf >= 0x80000000) {
		extended(v, leaf, out);
		return;
	}
	switch (leaf) {
	case 0:
		out[EAX] = LEAF_MAX;
		break;
	case 1:
		features(v, out);
		break;
	case 2:
		break;
	case 4:
		caches(out);
		break;
	case 6:
		out[EAX] = ARAT;
		out[EBX] = out[ECX] = out[EDX] = 0;
		break;
	case 7:
		features7(v, subleaf, out);
		break;
	case 0xb:
	case 0x1f:
		topology(v, subleaf, out);
		break;
	case 0xd:
		xsave(subleaf, out);
		break;
	default:
		hypervisor(leaf, out);
	}
}
