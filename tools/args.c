/* SPDX-License-Identifier: BSD-2-Clause */
/* One machine's command line and configuration, as the run asks for it. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "postern.h"

#define CMDLINE_MAX 2048 /* bytes, NUL included */

bool parse_size(const char *text, uint64_t *bytes)
{
	char *end;
	unsigned long long n;
	unsigned shift = 0;

	if (!isdigit((unsigned char)text[0]))
		return false;
	n = strtoull(text, &end, 0);
	switch (*end) {
	case 'K':
		shift = 10;
		end++;
		break;
	case 'M':
		shift = 20;
		end++;
		break;
	case 'G':
		shift = 30;
		end++;
		break;
	default:
		break;
	}
	if (*end != '\0' || n == 0 || n > UINT64_MAX >> shift)
		return false;
	*bytes = n << shift;
	return true;
}

void spec_defaults(struct run_spec *s)
{
	memset(s, 0, sizeof(*s));
	s->build_dir = "build";
	s->cpus = 2;
	s->mem = "512M";
	s->cpu_seconds = 900;
	s->exits = 4000000;
	s->insns = 30000000000ULL;
	s->devices = DEVICES_ALL;
	s->disk_size = "8M";
}

static bool one_of(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* The reference hosts on arm64 model what interrupts; a plain machine has its own. */
static bool models_its(enum host_kind h)
{
	return host_info(h)->monitor != NULL && host_info(h)->arch == ARCH_ARM64;
}

static bool msi_fits(const struct run_spec *s, enum host_kind h)
{
	if (s->msi == NULL || models_its(h))
		return true;
	return host_info(h)->monitor == NULL && host_info(h)->arch == ARCH_ARM64 &&
	       one_of(s->msi, "its", "none");
}

static const char *evidence_misfit(const struct run_spec *s, enum host_kind h)
{
	if (s->debug && !host_has_evidence(h))
		return "--debug is for cca, snp and tdx: no other guest has evidence of it";
	if (s->party && !host_has_evidence(h))
		return "--relying-party is for cca, snp and tdx: no other guest has evidence";
	if (s->party && s->workload == NULL)
		return "--relying-party needs --job workload";
	if (s->party && (s->devices & DEVICE_CONSOLE) == 0)
		return "--relying-party needs the console device";
	if (!s->party && (s->stale || s->secret_size != 0))
		return "--stale and --secret need --relying-party";
	if (s->workload != NULL && (s->probe != NULL || s->accept != NULL || s->expect != NULL))
		return "--probe, --accept and --expect are not for a workload";
	if (s->challenge != NULL && (s->evidence_dir == NULL || s->workload != NULL))
		return "--challenge needs --evidence, and the probe";
	if (s->evidence_dir != NULL && s->workload == NULL && s->expect != NULL)
		return "--evidence is for the probe and workloads, not for other images";
	return NULL;
}

static const char *pkvm_misfit(const struct run_spec *s, enum host_kind h)
{
	if (host_info(h)->platform != CVM_PKVM)
		return s->granule != NULL || s->pvmfw || s->dt_lie != NULL
			   ? "--granule, --pvmfw and --dt-lie are for pkvm and pkvm-android"
			   : NULL;
	if (s->ripas != NULL || s->ripas_chunk != 0 || s->hash != NULL)
		return "--ripas, --ripas-chunk and --hash are for cca";
	if (s->gpaw != 0 || s->machine != NULL || s->mark != NULL)
		return "--gpaw, --machine and --mark are for hosts on x86";
	if (s->ipa_bits > 40)
		return "--ipa-bits: a protected guest has 32 to 40";
	if (s->pvmfw && h != HOST_PKVM_ANDROID)
		return "--pvmfw is for pkvm-android: upstream has no such firmware";
	if (s->pvmfw && s->ram_base != NULL)
		return "--pvmfw and --ram-base: behind the firmware RAM starts at 0x80000000";
	return NULL;
}

bool spec_fits(const struct run_spec *s, enum host_kind h)
{
	const char *why = NULL;

	if (!msi_fits(s, h))
		why = "no such --msi (cca, pkvm, pkvm-android: its, its-kvm, gicv2m, none; "
		      "plain-arm64, uefi-arm64: its, none)";
	else if (s->save_restore != 0 && !models_its(h))
		why = "--save-restore is for cca, pkvm and pkvm-android only";
	else if (s->save_restore != 0 && s->msi != NULL && one_of(s->msi, "gicv2m", "none"))
		why = "without an ITS --save-restore has nothing to save";
	if (why == NULL)
		why = pkvm_misfit(s, h);
	if (why == NULL)
		why = evidence_misfit(s, h);
	if (why == NULL)
		why = firmware_misfit(s, h);
	if (why != NULL)
		fprintf(stderr, "postern: host %s: %s\n", host_name(h), why);
	return why == NULL;
}

/* ---- the argument vector ---- */
void args_add(struct args *a, const char *fmt, ...)
{
	va_list ap;

	if (a->n == ARGS_MAX)
		abort();
	va_start(ap, fmt);
	if (vasprintf(&a->v[a->n], fmt, ap) < 0)
		abort();
	va_end(ap);
	a->v[++a->n] = NULL;
}

void args_free(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i]);
}

static void add_word(char *buf, size_t size, const char *name, const char *value)
{
	size_t n = strlen(buf);

	if (value != NULL)
		snprintf(buf + n, size - n, "%s%s%s", n != 0 ? " " : "", name, value);
}

/* It can only select checks, the policy and what evidence answers; a workload gets its options. */
void guest_cmdline(const struct run_spec *s, char *buf, size_t size)
{
	buf[0] = '\0';
	/* From a disk a kernel takes it with itself; the firmware has no options. */
	if (s->firmware && run_boot(s) == BOOT_DISK)
		return;
	add_word(buf, size, "accept=", s->accept);
	add_word(buf, size, "probe=", s->probe);
	if (s->evidence_dir != NULL && s->workload == NULL && s->expect == NULL)
		add_word(buf, size, "challenge=", s->challenge);
	add_word(buf, size, "", s->append);
}

/*
 * Where counted instructions would take minutes, or for ever. UEFI firmware polls the clock and
 * idles. And with counted instructions QEMU 7.2 gives the second CPU no time at all as long as the
 * first neither halts nor executes PAUSE nor arms a timer anew: so Linux 6.1 waits for it, whatever
 * the firmware, until its timers have become one-shot. Reference hosts arm theirs all the time.
 */
static bool counted(const struct run_spec *s)
{
	bool starves = s->host == HOST_PLAIN_X86 && s->firmware && s->cpus > 1;

	return !s->threads && host_info(s->host)->firmware == NULL && !starves;
}

static void config_pair(FILE *f, const char *key, const char *value)
{
	if (value != NULL)
		fprintf(f, "%s=%s\n", key, value);
}

static void config_secret(FILE *f, const struct run_spec *s)
{
	fputs("secret=", f);
	for (size_t i = 0; i < s->secret_size; i++)
		fprintf(f, "%02x", s->secret[i]);
	fputc('\n', f);
}

static void config_pkvm(FILE *f, const struct run_spec *s)
{
	uint64_t granule;

	config_pair(f, "profile", s->host == HOST_PKVM ? "upstream" : "android");
	if (s->granule != NULL && parse_size(s->granule, &granule))
		fprintf(f, "granule=%llu\n", (unsigned long long)granule);
	if (s->pvmfw)
		fputs("pvmfw=1\n", f);
	config_pair(f, "pvmfw_config", s->pvmfw_config);
	config_pair(f, "dt_lie", s->dt_lie);
}

bool write_host_config(const struct machine *m, const struct run_spec *s, uint64_t mem)
{
	char path[128], cmdline[CMDLINE_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/config", m->dir);
	f = fopen(path, "w");
	if (f == NULL) {
		fprintf(stderr, "postern: cannot write %s: %s\n", path, strerror(errno));
		return false;
	}
	guest_cmdline(s, cmdline, sizeof(cmdline));
	fprintf(f, "mem=%llu\ncpus=%u\nexits=%llu\n", (unsigned long long)mem, s->cpus, s->exits);
	/* Under -icount a nanosecond of the machine is an instruction. */
	fprintf(f, "ns=%llu\n", counted(s) ? s->insns : 0);
	if (s->gpaw != 0)
		fprintf(f, "gpaw=%u\n", s->gpaw);
	if (host_info(s->host)->platform == CVM_PKVM)
		config_pkvm(f, s);
	config_pair(f, "machine", s->machine);
	config_pair(f, "ram_base", s->ram_base);
	config_pair(f, "ripas", s->ripas);
	config_pair(f, "dtb", s->dtb);
	config_pair(f, "dt_order", s->dt_order);
	config_pair(f, "console", s->console);
	config_pair(f, "hash", s->hash);
	config_pair(f, "msi", s->msi);
	if (s->save_restore != 0)
		fprintf(f, "save_restore=%llu\n", s->save_restore);
	config_pair(f, "fault", s->fault);
	if (s->ipa_bits != 0)
		fprintf(f, "ipa_bits=%u\n", s->ipa_bits);
	if (s->ripas_chunk != 0)
		fprintf(f, "ripas_chunk=%lu\n", s->ripas_chunk);
	config_pair(f, "mark", s->mark);
	if (s->debug)
		fputs("debug=1\n", f);
	if (s->party)
		config_secret(f, s);
	if (s->firmware && run_hashes(s) == HASHES_HOST)
		fputs("hashes=1\n", f);
	fprintf(f, "coop=%d\ntrace=%d\n", !s->no_coop, !s->no_trace);
	if (s->mutant != 0)
		fprintf(f, "mutant=%u\nmutant_op=%s\n", s->mutant,
			s->mutant_negate ? "negate" : "drop");
	if (s->list_mutants)
		fputs("list_mutants=1\n", f);
	fprintf(f, "append=%s\n", cmdline);
	return fclose(f) == 0;
}

/* Kernel and initrd for the guest's own fw_cfg. */
static void payload_args(struct args *a, const struct run_spec *s)
{
	const struct {
		const char *name, *path;
	} files[] = { { "kernel", s->kernel }, { "initrd", s->initrd } };
	char path[2048];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (files[i].path == NULL)
			continue;
		devices_escape(files[i].path, path, sizeof(path));
		args_add(a, "-fw_cfg");
		args_add(a, "name=opt/postern/%s,file=%s", files[i].name, path);
	}
}

/* The monitor is the kernel; configuration and guest image reach it through fw_cfg. */
static void monitor_args(struct args *a, const struct machine *m, const struct run_spec *s,
			 const char *image, uint64_t total)
{
	/* Little of it is ever touched: a laptop need not have it. */
	args_add(a, "-object");
	args_add(a, "memory-backend-ram,id=ram,size=%lluM,reserve=off",
		 (unsigned long long)(total >> 20));
	args_add(a, "-m");
	args_add(a, "%lluM", (unsigned long long)(total >> 20));
	args_add(a, "-fw_cfg");
	args_add(a, "name=opt/postern/config,file=%s/config", m->dir);
	args_add(a, "-fw_cfg");
	args_add(a, "name=opt/postern/guest,file=%s", image);
	if (s->firmware && run_boot(s) == BOOT_FW_CFG)
		payload_args(a, s);
	args_add(a, "-kernel");
	args_add(a, "%s/%s", s->build_dir, host_info(s->host)->monitor);
}

static void arm64_monitor_args(struct args *a, const struct machine *m, const struct run_spec *s,
			       const char *image, uint64_t mem)
{
	args_add(a, "-M");
	args_add(a, "virt,virtualization=on,gic-version=3,memory-backend=ram%s",
		 devices_iommu(s) ? ",iommu=smmuv3" : "");
	args_add(a, "-device");
	args_add(a, "pci-serial,addr=0x1,chardev=channel");
	/* The model, and on CCA everything private, lies above 2^33 (7 GiB into RAM); 64 KiB of
	 * tables and fault-around slack per megabyte are generous. */
	monitor_args(a, m, s, image, GIB(7) + mem + mem / 16 + MIB(512));
}

static void x86_monitor_args(struct args *a, const struct machine *m, const struct run_spec *s,
			     const char *image, uint64_t mem)
{
	/* Of the 2 GiB below 4 GiB the guest sees 1.75 (hosts/x86/core/core.h); what it has above
	 * 4 GiB exists twice, as every page: once shared, once private. */
	uint64_t low = GIB(2) - MIB(256), high = mem > low ? mem - low : 0;
	uint64_t total = GIB(2) + high + mem + MIB(256);

	args_add(a, "-M");
	args_add(a, "q35,memory-backend=ram");
	args_add(a, "-serial");
	args_add(a, "chardev:channel");
	/* Not less: QEMU would put all of it below 4 GiB. */
	monitor_args(a, m, s, image, MAX(total, GIB(3)));
}

static void add_pair(struct args *a, const char *option, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	args_add(a, "%s", option);
	args_add(a, "%s", value);
}

/* A flash file is the machine's own firmware; QEMU then has what -kernel names in fw_cfg. */
static void plain_flash_args(struct args *a, const struct run_spec *s, const char *image,
			     const char *cmdline)
{
	add_pair(a, "-bios", image);
	if (run_boot(s) != BOOT_FW_CFG)
		return;
	add_pair(a, "-kernel", s->kernel);
	add_pair(a, "-initrd", s->initrd);
	add_pair(a, "-append", cmdline);
}

static void plain_args(struct args *a, const struct machine *m, const struct run_spec *s,
		       const char *image)
{
	bool arm = host_info(s->host)->arch == ARCH_ARM64;
	char cmdline[CMDLINE_MAX];

	guest_cmdline(s, cmdline, sizeof(cmdline));
	args_add(a, "-M");
	args_add(a, "%s%s", arm ? "virt,gic-version=3" : "q35",
		 arm && s->msi != NULL && strcmp(s->msi, "none") == 0 ? ",its=off" : "");
	args_add(a, "-m");
	args_add(a, "%s", s->mem);
	args_add(a, "-qmp");
	args_add(a, "unix:%s/qmp", m->dir);
	if (host_info(s->host)->firmware != NULL) {
		args_add(a, "-bios");
		args_add(a, "%s", host_info(s->host)->firmware);
	}
	if (s->esp) {
		args_add(a, "-drive");
		args_add(a, "file=fat:rw:%s/esp,format=raw,if=none,id=esp", m->dir);
		args_add(a, "-device");
		/* First: firmware would try the network before it. */
		args_add(a, "%s,drive=esp,bootindex=0", arm ? "virtio-blk-pci,addr=0x7" : "ide-hd");
		return;
	}
	if (s->firmware && !arm) {
		plain_flash_args(a, s, image, cmdline);
		return;
	}
	add_pair(a, "-kernel", image);
	add_pair(a, "-append", cmdline);
}

/* Both aliases of the x86 hosts need guest-physical bit 51, and so phys-bits=52. */
static const char *cpu_model(const struct run_spec *s)
{
	const struct host_info *h = host_info(s->host);

	if (h->arch == ARCH_ARM64)
		return "max,pauth-impdef=on";
	return h->monitor != NULL ? "max,phys-bits=52" : "max";
}

static void common_args(struct args *a, const struct run_spec *s)
{
	args_add(a, "%s%s%s", s->qemu_dir ? s->qemu_dir : "", s->qemu_dir ? "/" : "",
		 host_info(s->host)->qemu);
	args_add(a, "-accel");
	args_add(a, "tcg%s", counted(s) ? "" : ",thread=multi");
	args_add(a, "-cpu");
	args_add(a, "%s", cpu_model(s));
	args_add(a, "-smp");
	args_add(a, "%u", s->cpus);
	args_add(a, "-display");
	args_add(a, "none");
	args_add(a, "-nodefaults");
	args_add(a, "-no-reboot");
	if (counted(s)) {
		args_add(a, "-icount");
		/* A guest that waits for a party outside must not run ahead of it. */
		args_add(a, "shift=0,sleep=%s", s->party ? "on" : "off");
	}
}

void args_build(struct args *a, const struct machine *m, const struct run_spec *s,
		const char *image, uint64_t mem, int console, int channel)
{
	common_args(a, s);
	args_add(a, "-chardev");
	args_add(a, "file,id=console,path=/dev/fd/%d", console);
	args_add(a, "-serial");
	args_add(a, "chardev:console");
	devices_args(a, m, s);
	if (host_info(s->host)->monitor == NULL) {
		plain_args(a, m, s, image);
		return;
	}
	args_add(a, "-chardev");
	args_add(a, "file,id=channel,path=/dev/fd/%d", channel);
	if (host_info(s->host)->arch == ARCH_ARM64)
		arm64_monitor_args(a, m, s, image, mem);
	else
		x86_monitor_args(a, m, s, image, mem);
}
