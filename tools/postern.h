/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `postern`, the tool of the person at the host: what its parts know of each other.
 *
 *   tables.c   the checks, rules and faults, read from the same .def files as guest and host
 *   ktap.c     the guest's report, parsed from its console
 *   channel.c  the reference host's own words: verdict, counters, violations
 *   hosts.c    the kinds of host there are
 *   args.c     the machine's command line and configuration for one run
 *   qemu.c     the machine's files, its start and its end
 *   run.c      one run from start to verdict
 *   matrix.c   many runs: every fault
 *   mutants.c  many runs: every mutant
 */
#ifndef POSTERN_H
#define POSTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "probe.h"

/* Exit codes, for scripts. */
enum exit_code {
	EXIT_PASS = 0,
	EXIT_FAILED = 1,      /* a check failed, or the guest broke a rule of its host */
	EXIT_USAGE = 2,       /* the command line is wrong */
	EXIT_INCOMPLETE = 3,  /* no report to the end: crash, budget, stuck, broken host */
	EXIT_ENVIRONMENT = 4, /* something is missing on this machine: QEMU, firmware, an image */
};

/* ---- hosts.c ---- */
enum host_kind {
	HOST_CCA,
	HOST_SNP,
	HOST_TDX,
	HOST_PLAIN_ARM64,
	HOST_PLAIN_X86,
	HOST_UEFI_ARM64,
	HOST_UEFI_X86
};
#define HOST_KINDS 7

struct host_info {
	const char *name, *qemu, *package;
	const char *image;   /* default guest image, under the build directory */
	const char *monitor; /* reference host's ELF, under the build directory; NULL: plain QEMU */
	const char *firmware; /* UEFI firmware of the machine, NULL: none */
	u32 platform;         /* enum cvm_platform the guest finds there */
	u32 arch;             /* enum check_arch */
};
const struct host_info *host_info(enum host_kind h);
const char *host_name(enum host_kind h);
bool host_parse(const char *name, enum host_kind *h);
/* Comma list into out[HOST_KINDS]; prints what is wrong. */
bool host_list(const char *list, enum host_kind *out, size_t *n);

/* ---- tables.c ---- */
struct rule {
	const char *id, *source, *text, *reason;
};

struct fault_info {
	const char *name, *what, *rules;
	enum host_kind host; /* the reference host that has it */
};

extern const struct rule rules[];
extern const size_t rule_count;
extern const struct check checks[];
extern const size_t checks_count;
extern const struct fault_info faults[];
extern const size_t fault_count;

const struct rule *rule_find(const char *id);
const struct check *check_find(const char *id);
/* On any host: several may have one of that name. */
const struct fault_info *fault_find(const char *name);
bool list_has(const char *comma_list, const char *word);
/* May this check run (solo or coop) on that host? */
bool check_runs_on(const struct check *c, enum host_kind h);
/* Is it meant for the platform and architecture of that host, whatever its class? */
bool check_applies_to(const struct check *c, enum host_kind h);
/* Follows from rule ids alone: the check judges, or needs, a rule the fault breaks. */
bool fault_reddens(const struct fault_info *f, const struct check *c);
const char *check_class_name(enum check_class c);
/* The verdict word a terminal check must end with. */
const char *check_end_name(enum check_end e);

/* ---- ktap.c ---- */
enum ktap_outcome { KTAP_NOT_RUN, KTAP_OK, KTAP_NOT_OK, KTAP_SKIP };

#define KTAP_MAX 512

struct ktap {
	bool started, totals_seen, bailed_out;
	unsigned plan, seen;
	unsigned pass, fail, skip;                /* counted by us from the lines */
	unsigned said_pass, said_fail, said_skip; /* the guest's totals line */
	char running[96];                         /* announced and not yet finished */
	char bail_out[160];
	size_t count;
	struct {
		char id[96];
		enum ktap_outcome outcome;
	} result[KTAP_MAX];
	/* "# accept: key=value ..." and "# counters: key=value ..." lines, as printed */
	char accept_line[512];
	char counters_line[512];
	char token_sha256[65];
	bool malformed; /* a line that claims to be KTAP and is not */
};

void ktap_line(struct ktap *k, const char *line);
enum ktap_outcome ktap_outcome(const struct ktap *k, const char *id);
/* Complete: plan, every test, totals that agree with the lines, no bail-out. */
bool ktap_complete(const struct ktap *k);
/* "key=123" or "key=0x.." in a line of such words; false when absent. */
bool line_value(const char *line, const char *key, uint64_t *value);

/* ---- channel.c ---- */
#define CHANNEL_COUNTERS   32
#define CHANNEL_VIOLATIONS 64
#define CHANNEL_SITES      512

struct channel {
	char verdict[24]; /* "", off, reset, stuck, budget, broken */
	char verdict_detail[240];
	size_t counter_count;
	struct {
		char name[48];
		uint64_t value;
	} counter[CHANNEL_COUNTERS];
	size_t violation_count; /* may exceed the array */
	struct {
		char kind[32];
		char text[160];
	} violation[CHANNEL_VIOLATIONS];
	unsigned mutant_sites;
	char mutant[200];
	size_t site_count; /* of the mutants named; site N is element N - 1 */
	struct mutant_site {
		char file[64], condition[160];
		unsigned line;
	} site[CHANNEL_SITES];
};

void channel_line(struct channel *c, const char *line);
bool channel_counter(const struct channel *c, const char *name, uint64_t *value);
/* Calls fn for each "name=value" of the guest's line that the host counted, too. */
void counters_compare(const char *guest_line, const struct channel *c,
		      void (*fn)(void *ctx, const char *name, uint64_t guest, uint64_t host),
		      void *ctx);

/* ---- args.c ---- */
struct run_spec {
	enum host_kind host;
	const char *build_dir; /* where images and hosts are */
	const char *image;     /* NULL: the host's default */
	const char *qemu_dir;  /* NULL: $PATH */
	unsigned cpus;
	const char *mem; /* "512M" */
	const char *accept, *probe, *fault, *append;
	const char *expect; /* another guest: passes when its console shows this */
	const char *ram_base, *ripas, *dtb, *dt_order, *console, *hash, *machine;
	unsigned ipa_bits, gpaw;
	unsigned long ripas_chunk;
	bool no_coop, no_trace, threads, esp;
	unsigned long long exits, insns; /* budgets */
	unsigned mutant;
	bool mutant_negate, list_mutants;
	unsigned cpu_seconds; /* last bound, of processor time, should a budget not bite */
	bool quiet;           /* do not copy the console to stdout */
	bool verbose;         /* show the host's channel, too */
	const char *save_dir; /* keep console.log, channel.log, evidence-N.bin, command */
};

struct machine {
	char dir[64];              /* temporary directory of this run */
	int console, channel, qmp; /* read ends; channel or qmp may be -1 */
	int pid;
};

bool parse_size(const char *text, uint64_t *bytes);
void spec_defaults(struct run_spec *s);
#define ARGS_MAX 96
struct args {
	char *v[ARGS_MAX + 1];
	size_t n;
};
void args_free(struct args *a);
/* QEMU's whole command line; console and channel: descriptors it inherits (channel -1: none). */
void args_build(struct args *a, const struct machine *m, const struct run_spec *s,
		const char *image, uint64_t mem, int console, int channel);
/* The file a reference host reads through fw_cfg. */
bool write_host_config(const struct machine *m, const struct run_spec *s, uint64_t mem);

/* ---- qemu.c ---- */
/* Checks that everything needed is there; prints what is missing and what to do. */
bool machine_start(struct machine *m, const struct run_spec *s);
void machine_cleanup(struct machine *m);

/* ---- run.c ---- */
struct run_result {
	enum exit_code code;
	char reason[256]; /* one line for people */
	struct ktap ktap;
	struct channel channel;
	const char *qmp_verdict; /* plain machines: off, reset or "" */
	unsigned counters_equal, counters_differ;
	bool expected; /* spec.expect was seen */
};

void run_once(const struct run_spec *s, struct run_result *r);
/* One terminal check in a boot of its own: true when the host saw the end that the check names. */
bool run_terminal(const struct run_spec *base, const struct check *c, struct run_result *r);
int cmd_run(int argc, char **argv);
void run_usage(FILE *f);
/* Parses the options all running commands share; 0 = done, else exit code (prints why). */
int run_options(int argc, char **argv, struct run_spec *s, const char **hosts);

/* ---- matrix.c, mutants.c, list.c ---- */
int cmd_faults(int argc, char **argv);
int cmd_mutants(int argc, char **argv);
int cmd_list(int argc, char **argv);

#endif
