/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conformance probe: check table, KTAP report and what checks may use (design section 5).
 *
 * probe/checks.def is the list of checks: guest and tool include it. The table is the
 * documentation.
 */
#ifndef PROBE_H
#define PROBE_H

#include "arch.h"
#include "cvm.h"
#include "status.h"
#include "types.h"

enum check_class {
	CHECK_SOLO,      /* needs nothing but the platform's rules */
	CHECK_COOP,      /* asks the reference host for help over the control channel */
	CHECK_TERMINAL,  /* ends the VM even on a conformant host: one boot each */
	CHECK_DANGEROUS, /* may harm a vulnerable host: runs only when named */
};

/* How a terminal check must end, as seen by the host (tools/ judges). */
enum check_end {
	END_NONE,
	END_OFF,   /* host saw a shutdown request */
	END_RESET, /* host saw a reset request; the guest never comes back */
	END_STUCK, /* host saw the CPU unable to progress */
};

enum check_arch { ARCH_ARM64 = 1, ARCH_X86 = 2, ARCH_BOTH = 3 };

struct check {
	const char *id;    /* "rsi.ipa_state_set.misaligned_base" */
	const char *aim;   /* one sentence: what holds on a conformant host */
	const char *rule;  /* the one rule it judges: "CCA-RIPAS-01" */
	const char *needs; /* comma-separated rules whose breakage also turns it red, or "" */
	u32 platforms;     /* enum cvm_platform bits */
	enum check_arch arch;
	enum check_class class;
	enum check_end end;
	void (*run)(void); /* guest only */
};

extern const struct check check_table[];
extern const size_t check_count;

/*
 * Inside a check. A check that returns without calling any of these has passed; the first
 * check_fail or check_skip decides. `return` after them.
 */
void check_fail(const char *asked, const char *rule_text, const char *fmt, ...) FORMAT_PRINTF(3, 4);
void check_skip(const char *fmt, ...) FORMAT_PRINTF(1, 2);
/* Adds a line to the diagnostic block (kept also for a pass when verbose). */
void check_note(const char *fmt, ...) FORMAT_PRINTF(1, 2);
bool check_failed(void);

/* The usual assertion: records asked / got / expected and returns whether it held. */
bool expect_eq(const char *asked, u64 got, u64 expected);
bool expect_ne(const char *asked, u64 got, u64 not_expected);
bool expect_true(const char *asked, bool holds, const char *expected);
/* The access must raise (or with FAULT_NONE not raise) this class. */
bool expect_fault(const char *asked, const struct fault *f, enum fault_class expected);

/* Runs the selected checks and prints the KTAP report. */
enum cvm_shutdown probe_run(const char *cmdline);

/* Selection by glob list "rsi.*,-*.slow" (probe/select.c, pure). Later patterns win; an empty or
 * missing list selects all but terminal and dangerous checks, which must be named in full: no
 * pattern with a wildcard selects them. */
bool probe_selected(const char *list, const char *id, enum check_class class);

#endif
