/* SPDX-License-Identifier: BSD-2-Clause */
/* The GHCB page: what the host must refuse of it, and how it answers. */
#include "mm.h"
#include "snp_event.h"

/* Not one another project gives a meaning to (1 and 2 are Hyper-V's). */
#define NO_SUCH_USAGE 0x506f7374u
#define LEAF_XSAVE    0xdu
#define APIC_BASE     0x1bu /* an MSR every host has */

static void fill(struct ghcb_call *c, u64 code, u64 info1, u64 info2)
{
	c->value[GF_EXITCODE] = code;
	c->value[GF_INFO1] = info1;
	c->value[GF_INFO2] = info2;
	c->set |= GF_REQUEST;
}

static bool answered(const struct ghcb_call *c, enum status st)
{
	u32 both = GF(INFO1) | GF(INFO2);

	if (st != ST_OK)
		check_fail("an event through the GHCB", "an answer", "%s", status_text(st));
	else if ((c->got & both) != both)
		check_fail("INFO1 and INFO2 of the answer", "marked valid", "marks 0x%x", c->got);
	else
		return true;
	return false;
}

bool snp_event(struct ghcb_call *c, u64 code, u64 info1, u64 info2)
{
	fill(c, code, info1, info2);
	return answered(c, ghcb_call(c));
}

bool snp_event_scratch(struct ghcb_call *c, u64 code, u64 info1, u64 info2, u64 at)
{
	c->set |= GF(SCRATCH);
	c->value[GF_SCRATCH] = ghcb_buffer_gpa() + at;
	return snp_event(c, code, info1, info2);
}

bool expect_done(const char *asked, const struct ghcb_call *c)
{
	return expect_eq(asked, (u32)c->value[GF_INFO1], GHCB_RESULT_OK);
}

bool expect_malformed(const char *asked, const struct ghcb_call *c, u64 error)
{
	return expect_eq(asked, (u32)c->value[GF_INFO1], GHCB_RESULT_MALFORMED) &&
	       expect_eq("INFO2 of the refusal", c->value[GF_INFO2], error);
}

bool ioapic_there(void)
{
	if (cvm.ops->mmio_read(IOAPIC, 4) != 0xffffffff)
		return true;
	check_skip("no IOAPIC");
	return false;
}

static bool features_event(struct ghcb_call *c)
{
	return snp_event(c, GHCB_EXIT_HV_FEATURES, 0, 0);
}

/* The CPU's page is not the registered one for the time of one event, with interrupts masked. */
void snp_ghcb_unregistered(void)
{
	u8 *other = pool_alloc(1, PAGE_SIZE);
	struct ghcb_call c = { 0 }, again = { 0 };
	enum status st;
	bool irqs;

	if (other == NULL) {
		check_skip("no free shared page");
		return;
	}
	irqs = arch_irq_save();
	ghcb_msr_exchange((u64)(uintptr_t)other | GHCB_MSR_REG_GPA_REQ);
	fill(&c, GHCB_EXIT_HV_FEATURES, 0, 0);
	st = ghcb_call(&c);
	ghcb_msr_exchange(ghcb_gpa() | GHCB_MSR_REG_GPA_REQ);
	arch_irq_restore(irqs);
	pool_free(other, 1);
	if (answered(&c, st) &&
	    expect_malformed("INFO1 of an event whose page is not registered", &c,
			     GHCB_ERR_NOT_REGISTERED) &&
	    features_event(&again))
		expect_done("the same once it is", &again);
}

void snp_ghcb_usage(void)
{
	static const u32 usages[] = { NO_SUCH_USAGE, 0x80000000, 0x100 };

	for (size_t i = 0; i < ARRAY_SIZE(usages); i++) {
		struct ghcb_call c = { .usage = usages[i] };

		check_note("usage 0x%x", usages[i]);
		if (!features_event(&c) ||
		    !expect_malformed("INFO1 of an event of that usage", &c, GHCB_ERR_USAGE))
			return;
	}
}

/* Four bytes from a device to `at` bytes from the start of the shared buffer. */
static bool scratch_refused(u64 at)
{
	struct ghcb_call c = { 0 };

	check_note("scratch at the buffer + 0x%llx", (unsigned long long)at);
	return snp_event_scratch(&c, GHCB_EXIT_MMIO_READ, IOAPIC, 4, at) &&
	       expect_malformed("INFO1 of an MMIO read to there", &c, GHCB_ERR_SCRATCH);
}

/* A host that took an address of the guest's choice here would be led to write there. */
void snp_ghcb_scratch(void)
{
	u64 page = page_get(), buffer = ghcb_buffer_gpa();
	u8 *shared = pool_alloc(1, PAGE_SIZE);
	struct ghcb_call c = { 0 };

	if (page == 0 || shared == NULL) {
		check_skip("no free pages");
	} else if (snp_event_scratch(&c, GHCB_EXIT_MMIO_READ, IOAPIC, 4, GHCB_BUFFER_SIZE - 4) &&
		   expect_done("an MMIO read to the buffer's last four bytes", &c)) {
		const u64 wrong[] = {
			GHCB_BUFFER_SIZE - 3, GHCB_BUFFER_SIZE, -1ULL,
			-(u64)GHCB_BUFFER,    page - buffer,    (u64)(uintptr_t)shared - buffer,
			~0ULL - buffer,
		};
		size_t i = 0;

		while (i < ARRAY_SIZE(wrong) && scratch_refused(wrong[i]))
			i++;
	}
	if (shared != NULL)
		pool_free(shared, 1);
	if (page != 0)
		page_put(page);
}

/* Every value is there, and only the mark of one is not. */
void snp_ghcb_missing(void)
{
	static const struct {
		const char *what;
		u64 code, info1, info2;
		u32 set, unmarked;
	} cases[] = {
		{ "the exit code", GHCB_EXIT_HV_FEATURES, 0, 0, 0, GF(EXITCODE) },
		{ "INFO1", GHCB_EXIT_HV_FEATURES, 0, 0, 0, GF(INFO1) },
		{ "INFO2", GHCB_EXIT_HV_FEATURES, 0, 0, 0, GF(INFO2) },
		{ "RAX of CPUID", GHCB_EXIT_CPUID, 0, 0, GF(RAX) | GF(RCX), GF(RAX) },
		{ "RCX of CPUID", GHCB_EXIT_CPUID, 0, 0, GF(RAX) | GF(RCX), GF(RCX) },
		{ "RCX of an MSR read", GHCB_EXIT_MSR, 0, 0, GF(RCX), GF(RCX) },
		{ "RAX of OUT", GHCB_EXIT_IOIO, IOIO_8(POST_PORT), 0, GF(RAX), GF(RAX) },
		{ "SCRATCH of an MMIO read", GHCB_EXIT_MMIO_READ, IOAPIC, 4, GF(SCRATCH),
		  GF(SCRATCH) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ghcb_call c = { .set = cases[i].set, .unmarked = cases[i].unmarked };

		check_note("without the mark of %s", cases[i].what);
		c.value[GF_SCRATCH] = ghcb_buffer_gpa();
		c.value[GF_RCX] = cases[i].code == GHCB_EXIT_MSR ? APIC_BASE : 0;
		if (!snp_event(&c, cases[i].code, cases[i].info1, cases[i].info2) ||
		    !expect_malformed("INFO1", &c, GHCB_ERR_MISSING))
			return;
	}
}

void snp_ghcb_length(void)
{
	static const u64 lengths[] = { 9, 16, 2048, 0x100000004, ~0ULL };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct ghcb_call c = { 0 };

		check_note("length 0x%llx", (unsigned long long)lengths[i]);
		if (!snp_event_scratch(&c, GHCB_EXIT_MMIO_READ, IOAPIC, lengths[i], 0) ||
		    !expect_malformed("INFO1 of an MMIO read of that length", &c, GHCB_ERR_INPUT))
			return;
	}
}

void snp_ghcb_unknown(void)
{
	static const u64 codes[] = { 0x7fffffff, 0x80000fff, 0x8000fff0, 0x1000000000072,
				     ~0ULL - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct ghcb_call c = { 0 };

		check_note("exit code 0x%llx", (unsigned long long)codes[i]);
		if (!snp_event(&c, codes[i], 0, 0) ||
		    !expect_malformed("INFO1 of an event that does not exist", &c, GHCB_ERR_EVENT))
			return;
	}
}

static bool expect_marks(const char *asked, u32 got, u32 wanted)
{
	u32 inputs = GF(EXITCODE) | GF(XCR0) | GF(XSS) | GF(SCRATCH) | GF(DR7);

	if (!expect_eq(asked, got & wanted, wanted))
		return false;
	return expect_eq("marks of fields no answer has", got & inputs, 0);
}

/* KVM marks RAX to RDX of every answer, so marks of those that are no output say nothing. */
void snp_ghcb_outputs(void)
{
	struct ghcb_call c = { .set = GF(RAX) | GF(RCX) | GF(XCR0) | GF(XSS) }, t = { 0 };

	c.value[GF_RAX] = LEAF_XSAVE;
	c.value[GF_XCR0] = 1;
	if (!snp_event(&c, GHCB_EXIT_CPUID, 0, 0) || !expect_done("CPUID leaf 0xd", &c) ||
	    !expect_marks("the marks of RAX, RBX, RCX and RDX", c.got,
			  GF(RAX) | GF(RBX) | GF(RCX) | GF(RDX)))
		return;
	if (snp_event(&t, GHCB_EXIT_RDTSC, 0, 0) && expect_done("RDTSC", &t))
		expect_marks("the marks of RAX and RDX", t.got, GF(RAX) | GF(RDX));
}

void snp_ghcb_features(void)
{
	u64 word = ghcb_msr_exchange(GHCB_MSR_HV_FT_REQ);
	struct ghcb_call c = { 0 };

	if (features_event(&c) && expect_done("the features event", &c))
		expect_eq("the features, bits 51 to 0", c.value[GF_INFO2] & MASK(51, 0),
			  word >> GHCB_MSR_HV_FT_LO);
}

/* The MSR protocol's request is how each run ends; this is the other way to say it. */
void snp_ghcb_terminate(void)
{
	struct ghcb_call c = { 0 };

	if (snp_event(&c, GHCB_EXIT_TERMINATE, SNP_TERM_SET_POSTERN | SNP_TERM_FAIL << 4, 0))
		check_note("answered 0x%llx", (unsigned long long)c.value[GF_INFO1]);
}
