/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `postern`, the tool of the person at the host: what its parts know of each other.
 *
 *   tables.c   the checks, rules and faults, read from the same .def files as guest and host
 *   ktap.c     the guest's report, parsed from its console
 *   channel.c  the reference host's own words: verdict, counters, violations
 *   hosts.c    the kinds of host there are
 *   args.c     the machine's command line and configuration for one run
 *   devices.c  the machine's devices
 *   disk.c     the files behind them
 *   moved.c    what the guest says it moved through them, held against those files
 *   qemu.c     the machine's files, its start and its end
 *   run.c      one run from start to verdict
 *   judge.c    the verdict
 *   firmware_spec.c, firmware_run.c   runs of the firmware, which boots a kernel (payload.h)
 *   attested.h evidence of a run, the relying party of a workload
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
	HOST_PKVM,         /* upstream: the host answers PSCI and sees all registers */
	HOST_PKVM_ANDROID, /* EL2 answers everything and has a guard on MMIO */
	HOST_PLAIN_ARM64,
	HOST_PLAIN_X86,
	HOST_UEFI_ARM64,
	HOST_UEFI_X86
};
#define HOST_KINDS 9

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
/* Is there anybody who signs what a guest there is? */
bool host_has_evidence(enum host_kind h);
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
/* No check judges these (hosts/arm64/pkvm/lies.def): --fault takes them, the matrix does not. */
extern const struct fault_info lies[];
extern const size_t lie_count;

const struct rule *rule_find(const char *id);
const struct check *check_find(const char *id);
/* On any host: several may have one of that name. Lies, too. */
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
#define CHANNEL_COUNTERS   96
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
	size_t last_count; /* the last exit of each vCPU, when it was the host that ended the run */
	char last[8][160];
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
enum boot_way { BOOT_ANY, BOOT_FW_CFG, BOOT_DISK };
enum hash_place { HASHES_DEFAULT, HASHES_HOST, HASHES_FLASH, HASHES_NONE };

struct run_spec {
	enum host_kind host;
	const char *build_dir; /* where images and hosts are */
	const char *image;     /* NULL: the host's default */
	const char *qemu_dir;  /* NULL: $PATH */
	unsigned cpus;
	const char *mem; /* "512M" */
	const char *accept, *probe, *fault, *append;
	const char *expect; /* another guest: passes when its console shows this */
	const char *ram_base, *ripas, *dtb, *dt_order, *console, *hash, *machine, *msi;
	const char *granule;      /* of a pkvm host: 4K, 16K, 64K */
	const char *dt_lie;       /* what the devicetree says that is not so */
	bool pvmfw;               /* the image runs in the firmware's place */
	const char *pvmfw_config; /* version of what lies behind it */
	unsigned ipa_bits, gpaw;
	unsigned long ripas_chunk;
	unsigned long long save_restore; /* exits between two cycles, 0: none */
	bool no_coop, no_trace, no_terminal, threads, esp;
	unsigned long long exits, insns; /* budgets */
	unsigned mutant;
	bool mutant_negate, list_mutants;
	unsigned cpu_seconds; /* last bound, of processor time, should a budget not bite */
	bool quiet;           /* do not copy the console to stdout */
	bool verbose;         /* show the host's channel, too */
	const char *save_dir; /* keep console.log, channel.log, evidence-N.bin, command */
	unsigned devices;     /* DEVICE_* */
	const char *disk;     /* NULL: in the run's temporary directory */
	const char *disk_size;
	const char *mark;         /* console texts whose time the host tells (x86 hosts) */
	bool debug;               /* a guest the host may debug, and whose evidence says so */
	const char *workload;     /* NULL: the probe; else that workload is the job */
	const char *challenge;    /* hex of 64 bytes: the probe fetches evidence for it */
	const char *evidence_dir; /* evidence, log, certificates, parameters are kept there */
	const char *expected, *expected_image, *roots;
	bool party, stale; /* a relying party; the host exchanges its challenge */
	const char *secret_file;
	uint8_t secret[256]; /* the party's, looked for by the host */
	size_t secret_size;
	bool firmware;               /* the firmware is the job */
	const char *kernel, *initrd; /* what it boots; with uki or disk what was hashed */
	const char *uki;             /* on the boot disk, instead of one made of these */
	bool unmeasured;             /* the image that boots what no table vouches for */
	enum boot_way boot;          /* as given; run_boot() for this host */
	enum hash_place hashes;      /* the same; run_hashes() */
	bool devices_given, exits_given, insns_given;
};

/* ---- disk.c ---- */
struct disk { /* what the header (abi/disk.h) says; bytes */
	uint64_t read_offset, read_length, write_offset, write_length, seed;
};
/* Of an image of `size` bytes, 2 MiB or more. */
void disk_plan(uint64_t size, struct disk *d);
/* A new file; prints why not. */
bool disk_make(const char *path, uint64_t size);
/* false: no header of ours. */
bool disk_header(const char *path, struct disk *d);
bool tftp_make(const char *path);
/* Of `bytes` bytes of the file at offset; false: it has not so many. */
bool file_sha256(const char *path, uint64_t offset, uint64_t bytes, char hex[65]);

/* ---- moved.c ---- */
enum moved_kind { MOVED_DISK_READ, MOVED_DISK_WRITTEN, MOVED_CONSOLE, MOVED_TFTP };
#define MOVED_MAX 32
struct moves {
	bool malformed; /* a line that claims to be one of these and is not, or too many */
	size_t n;
	struct moved {
		enum moved_kind kind;
		uint64_t offset, bytes;
		char sha256[65];
	} move[MOVED_MAX];
};
struct device_files {
	char disk[512], console[96], tftp[96];
	struct disk plan; /* as it was before the guest ran; zero: no header of ours */
};
void moved_line(struct moves *m, const char *line);
/* false, and why, when a file on the host is not what the guest says. After the machine's end. */
bool moves_judge(const struct moves *m, const struct device_files *f, char *why, size_t size);

struct party {                /* a workload's relying party (attested.h) */
	int listener, socket; /* -1: none */
	int report;           /* where its process tells the outcome, -1: none */
	int pid;
};

struct machine {
	char dir[64];              /* temporary directory of this run */
	int console, channel, qmp; /* read ends; channel or qmp may be -1 */
	int pid;
	struct device_files files;
	struct party party;
};

bool parse_size(const char *text, uint64_t *bytes);
void spec_defaults(struct run_spec *s);
/* What the guest finds on its command line. */
void guest_cmdline(const struct run_spec *s, char *buf, size_t size);
/* The guest image's path; prints what is missing. */
bool image_path(const struct run_spec *s, char *buf, size_t size);
/* Has that host what was asked for? Prints what is wrong. */
bool spec_fits(const struct run_spec *s, enum host_kind h);
#define ARGS_MAX 192
struct args {
	char *v[ARGS_MAX + 1];
	size_t n;
};
void args_add(struct args *a, const char *fmt, ...) FORMAT_PRINTF(2, 3);
void args_free(struct args *a);
/* QEMU's whole command line; console and channel: descriptors it inherits (channel -1: none). */
void args_build(struct args *a, const struct machine *m, const struct run_spec *s,
		const char *image, uint64_t mem, int console, int channel);
/* The file a reference host reads through fw_cfg. */
bool write_host_config(const struct machine *m, const struct run_spec *s, uint64_t mem);

/* ---- devices.c ---- */
#define DEVICE_BLK     0x1u
#define DEVICE_RNG     0x2u
#define DEVICE_CONSOLE 0x4u
#define DEVICE_NET     0x8u
#define DEVICE_MMIO    0x10u /* virtio-mmio block and entropy: plain arm64 machines only */
#define DEVICES_ALL    0x1fu
/* "on", "off" or a comma list; prints what is wrong. */
bool devices_parse(const char *list, unsigned *devices);
/* Does the machine get an IOMMU? Reference hosts with devices do: it keeps a device of QEMU's, told
 * what to do by a hostile guest, out of the monitor. */
bool devices_iommu(const struct run_spec *s);
/* A path as a value among QEMU's comma-separated ones. */
void devices_escape(const char *path, char *buf, size_t size);
/* The files behind them, in m->dir; prints why not. */
bool devices_prepare(struct machine *m, const struct run_spec *s);
void devices_args(struct args *a, const struct machine *m, const struct run_spec *s);

/* ---- firmware_spec.c, firmware_run.c ---- */
enum boot_way run_boot(const struct run_spec *s);
enum hash_place run_hashes(const struct run_spec *s);
/* Budgets and devices that were not given, for s->host. */
void firmware_defaults(struct run_spec *s);
/* NULL, or what does not go together on that host. */
const char *firmware_misfit(const struct run_spec *s, enum host_kind h);
/* The flash file and the boot disk in m->dir, as this run needs them; `image` becomes that flash
 * file. Prints what is wrong. */
bool firmware_prepare(const struct machine *m, const struct run_spec *s, char *image, size_t size);

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
	struct moves moves;
	const char *qmp_verdict; /* plain machines: off, reset or "" */
	unsigned counters_equal, counters_differ;
	bool expected;       /* spec.expect was seen */
	bool workload_ended; /* it said so, and its number */
	int workload_end;
	char evidence[32]; /* "verified", "released", "refused: NAME", "none"; "": not asked for */
	char refused[160]; /* the firmware's words, "": it did not refuse */
	char last_line[160]; /* of the console, not empty */
};

void run_once(const struct run_spec *s, struct run_result *r);
/* One terminal check in a boot of its own: true when the host saw the end that the check names. */
bool run_terminal(const struct run_spec *base, const struct check *c, struct run_result *r);

/* ---- judge.c ---- */
void set_reason(struct run_result *r, enum exit_code code, const char *fmt, ...)
    FORMAT_PRINTF(3, 4);
void judge(struct run_result *r, const struct run_spec *s);
bool no_console(const struct run_spec *s);

/* ---- cmd_run.c, options.c, usage.c ---- */
int cmd_run(int argc, char **argv);
void run_usage(FILE *f);
/* Parses the options all running commands share; 0 = done, else exit code (prints why). */
int run_options(int argc, char **argv, struct run_spec *s, const char **hosts);

/* ---- cmd_image.c ---- */
int cmd_uki(int argc, char **argv);
int cmd_firmware(int argc, char **argv);

/* ---- matrix.c, mutants.c, list.c ---- */
int cmd_faults(int argc, char **argv);
int cmd_mutants(int argc, char **argv);
int cmd_list(int argc, char **argv);

#endif
