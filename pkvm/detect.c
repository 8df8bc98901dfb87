/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this a protected VM of pKVM? Upstream, SMCCC_VERSION and the UID are answered by the untrusted
 * host, FEATURES and HYP_MEMINFO by EL2. A host that lies in the first two makes us a plain VM:
 * then nothing is ever shared, so nothing is lost but service. It cannot make a plain VM look
 * protected to anybody but us, and nobody trusts us for our own word. The UID alone says nothing:
 * KVM without protection has the same.
 */
#include "abi/psci.h"
#include "arch.h"
#include "internal.h"
#include "print.h"

/*
 * The first HVC of all, with its exception caught: without EL2, or with HVC disabled, it is
 * undefined. An SMCCC of 1.1 knows every function there is, if only to refuse it, and keeps X4 and
 * up; so the calls after it need no such care. PSCI_FEATURES, which tells whether SMCCC_VERSION may
 * be asked at all, would be asked of the same one who answers it.
 */
static bool has_smccc(void)
{
	s64 version;

	if (try_hypercall().class != FAULT_NONE)
		return false;
	version = (int32_t)pkvm_call(SMCCC_VERSION, 0, 0, 0).x0;
	return version >= (s64)SMCCC_VERSION_1_1;
}

/* Function numbers of this owner belong to whoever this is: call none of another's. */
static bool is_kvm(void)
{
	struct pkvm_result r = pkvm_call(PKVM_VENDOR_UID, 0, 0, 0);

	return (u32)r.x0 == PKVM_UID_0 && (u32)r.x1 == PKVM_UID_1 && (u32)r.x2 == PKVM_UID_2 &&
	       (u32)r.x3 == PKVM_UID_3;
}

/* "Not supported" would read as a set of all functions. */
static u64 read_features(void)
{
	struct pkvm_result r = pkvm_call(PKVM_FEATURES, 0, 0, 0);

	if ((int32_t)r.x0 == PKVM_NOT_SUPPORTED)
		return 0;
	return (u32)r.x0 | (u64)(u32)r.x1 << 32;
}

static bool granule_is_sound(u64 granule)
{
	return granule >= PAGE_SIZE && granule <= PKVM_GRANULE_MAX &&
	       (granule & (granule - 1)) == 0;
}

/* Granule 0 would have us share one page for ever; one that is no power of two, pages we did not
 * mean. */
static enum status read_granule(void)
{
	struct pkvm_result r = pkvm_call(PKVM_HYP_MEMINFO, 0, 0, 0);

	if (r.x0 < 0)
		return pkvm_failed("HYP_MEMINFO", 0, r.x0);
	if (!granule_is_sound((u64)r.x0)) {
		print("# pkvm: HYP_MEMINFO says a granule of 0x%llx bytes\n",
		      (unsigned long long)r.x0);
		return ST_PROTOCOL;
	}
	pkvm_info.granule = (u64)r.x0;
	pkvm_info.ranges = (r.x1 & PKVM_MEMINFO_RANGES) != 0;
	return ST_OK;
}

/*
 * From here on the host is shown no access that we did not mean for it: one to a page without guard
 * aborts. Before the first device access, so that there is none such. The guard works by the same
 * granule, so MMIO_GUARD_INFO, which not every host has, tells nothing new.
 */
static enum status enroll(void)
{
	s64 x0;

	if (!pkvm_has(PKVM_MMIO_GUARD_ENROLL) || !pkvm_has(PKVM_MMIO_GUARD))
		return ST_OK;
	x0 = pkvm_call(PKVM_MMIO_GUARD_ENROLL, 0, 0, 0).x0;
	if (x0 != PKVM_SUCCESS)
		return pkvm_failed("MMIO_GUARD_ENROLL", 0, x0);
	pkvm_info.enrolled = true;
	return ST_OK;
}

/* PARange, at most 40 bits for a protected VM; what it does not define is taken as the least. */
static unsigned pa_bits(void)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };
	u64 range = FIELD(pkvm_read_mmfr0(), 3, 0);

	return range < ARRAY_SIZE(bits) ? bits[range] : bits[0];
}

enum status pkvm_detect(struct cvm *c, const struct handoff *h)
{
	/* Whoever gives us EL2 is no pKVM, and HVC would now end in our own vectors. */
	if (h->el2 || !has_smccc() || !is_kvm())
		return ST_UNSUPPORTED;
	pkvm_info.features = read_features();
	if ((pkvm_info.features & PKVM_REQUIRED) != PKVM_REQUIRED)
		return ST_UNSUPPORTED; /* KVM, but we are not protected */
	c->addr_bits = pa_bits();
	c->addr_limit = BIT(c->addr_bits);
	c->conduit_hvc = true;
	c->has_psci = true;
	/* Said when there is a console, which then works unguarded; nothing is shared before. */
	c->unusable = read_granule();
	if (c->unusable == ST_OK)
		c->unusable = enroll();
	return ST_OK;
}
