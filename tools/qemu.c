/* SPDX-License-Identifier: BSD-2-Clause */
/* One machine: its files, its command line, its start. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern.h"

static const struct {
	const char *name, *qemu, *image, *package, *firmware;
} hosts[HOST_KINDS] = {
	[HOST_CCA] = { "cca", "qemu-system-aarch64", "arm64/postern-probe.img", "qemu-system-arm",
		       NULL },
	[HOST_PLAIN_ARM64] = { "plain-arm64", "qemu-system-aarch64", "arm64/postern-probe.img",
			       "qemu-system-arm", NULL },
	[HOST_PLAIN_X86] = { "plain-x86", "qemu-system-x86_64", "x86_64/postern-probe.elf",
			     "qemu-system-x86", NULL },
	[HOST_UEFI_ARM64] = { "uefi-arm64", "qemu-system-aarch64", "arm64/postern-probe.img",
			      "qemu-system-arm qemu-efi-aarch64",
			      "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd" },
	[HOST_UEFI_X86] = { "uefi-x86", "qemu-system-x86_64", "x86_64/postern-probe.efi",
			    "qemu-system-x86 ovmf", "/usr/share/ovmf/OVMF.fd" },
};

const char *host_name(enum host_kind h)
{
	return hosts[h].name;
}

bool host_parse(const char *name, enum host_kind *h)
{
	for (int i = 0; i < HOST_KINDS; i++) {
		if (strcmp(hosts[i].name, name) == 0) {
			*h = (enum host_kind)i;
			return true;
		}
	}
	return false;
}

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
}

/* ---- the argument vector ---- */
#define ARGS_MAX 96

struct args {
	char *v[ARGS_MAX + 1];
	size_t n;
};

static void arg(struct args *a, const char *fmt, ...) FORMAT_PRINTF(2, 3);
static void arg(struct args *a, const char *fmt, ...)
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

static void args_free(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i]);
}

/* What the guest finds on its command line: it can only select checks and the policy. */
static void guest_cmdline(const struct run_spec *s, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s%s%s%s%s", s->accept ? "accept=" : "",
		 s->accept ? s->accept : "", s->accept ? " " : "", s->probe ? "probe=" : "",
		 s->probe ? s->probe : "", s->probe && s->append ? " " : "",
		 s->append ? s->append : "");
}

static bool image_path(const struct run_spec *s, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s", s->build_dir, hosts[s->host].image);
	if (s->image != NULL)
		snprintf(buf, size, "%s", s->image);
	if (access(buf, R_OK) == 0)
		return true;
	fprintf(
	    stderr,
	    "postern: no guest image at %s: %s; `make images` builds it, --image names another\n",
	    buf, strerror(errno));
	return false;
}

/* Firmware polls the clock and idles; with counted instructions it would take minutes. */
static bool counted(const struct run_spec *s)
{
	return !s->threads && hosts[s->host].firmware == NULL;
}

static void config_pair(FILE *f, const char *key, const char *value)
{
	if (value != NULL)
		fprintf(f, "%s=%s\n", key, value);
}

static bool write_host_config(const struct machine *m, const struct run_spec *s, uint64_t mem)
{
	char path[128], cmdline[1024];
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
	config_pair(f, "ram_base", s->ram_base);
	config_pair(f, "ripas", s->ripas);
	config_pair(f, "dtb", s->dtb);
	config_pair(f, "dt_order", s->dt_order);
	config_pair(f, "console", s->console);
	config_pair(f, "hash", s->hash);
	config_pair(f, "fault", s->fault);
	if (s->ipa_bits != 0)
		fprintf(f, "ipa_bits=%u\n", s->ipa_bits);
	if (s->ripas_chunk != 0)
		fprintf(f, "ripas_chunk=%lu\n", s->ripas_chunk);
	fprintf(f, "coop=%d\ntrace=%d\n", !s->no_coop, !s->no_trace);
	if (s->mutant != 0)
		fprintf(f, "mutant=%u\nmutant_op=%s\n", s->mutant,
			s->mutant_negate ? "negate" : "drop");
	if (s->list_mutants)
		fputs("list_mutants=1\n", f);
	fprintf(f, "append=%s\n", cmdline);
	return fclose(f) == 0;
}

static void cca_args(struct args *a, const struct machine *m, const struct run_spec *s,
		     const char *image, uint64_t mem)
{
	/* The model and everything private lies above 2^33 (7 GiB into RAM); 64 KiB of tables
	 * and fault-around slack per megabyte are generous. */
	uint64_t total = GIB(7) + mem + mem / 16 + MIB(512);

	arg(a, "-M");
	arg(a, "virt,virtualization=on,gic-version=3,memory-backend=ram");
	/* Little of it is ever touched: a laptop need not have it. */
	arg(a, "-object");
	arg(a, "memory-backend-ram,id=ram,size=%lluM,reserve=off",
	    (unsigned long long)(total >> 20));
	arg(a, "-m");
	arg(a, "%lluM", (unsigned long long)(total >> 20));
	arg(a, "-device");
	arg(a, "pci-serial,chardev=channel");
	arg(a, "-fw_cfg");
	arg(a, "name=opt/postern/config,file=%s/config", m->dir);
	arg(a, "-fw_cfg");
	arg(a, "name=opt/postern/guest,file=%s", image);
	arg(a, "-kernel");
	arg(a, "%s/host-arm64/postern-host.elf", s->build_dir);
}

static void plain_args(struct args *a, const struct machine *m, const struct run_spec *s,
		       const char *image)
{
	bool arm = s->host == HOST_PLAIN_ARM64 || s->host == HOST_UEFI_ARM64;
	char cmdline[1024];

	guest_cmdline(s, cmdline, sizeof(cmdline));
	arg(a, "-M");
	arg(a, "%s", arm ? "virt,gic-version=3" : "q35");
	arg(a, "-m");
	arg(a, "%s", s->mem);
	arg(a, "-qmp");
	arg(a, "unix:%s/qmp", m->dir);
	if (hosts[s->host].firmware != NULL) {
		arg(a, "-bios");
		arg(a, "%s", hosts[s->host].firmware);
	}
	if (s->esp) {
		arg(a, "-drive");
		arg(a, "file=fat:rw:%s/esp,format=raw,if=none,id=esp", m->dir);
		arg(a, "-device");
		arg(a, "%s,drive=esp", arm ? "virtio-blk-pci" : "ide-hd");
		return;
	}
	arg(a, "-kernel");
	arg(a, "%s", image);
	if (cmdline[0] != '\0') {
		arg(a, "-append");
		arg(a, "%s", cmdline);
	}
}

static void common_args(struct args *a, const struct run_spec *s)
{
	bool arm = s->host != HOST_PLAIN_X86 && s->host != HOST_UEFI_X86;

	arg(a, "%s%s%s", s->qemu_dir ? s->qemu_dir : "", s->qemu_dir ? "/" : "",
	    hosts[s->host].qemu);
	arg(a, "-accel");
	arg(a, "tcg%s", counted(s) ? "" : ",thread=multi");
	arg(a, "-cpu");
	arg(a, "%s", arm ? "max,pauth-impdef=on" : "max");
	arg(a, "-smp");
	arg(a, "%u", s->cpus);
	arg(a, "-display");
	arg(a, "none");
	arg(a, "-nodefaults");
	arg(a, "-no-reboot");
	if (counted(s)) {
		arg(a, "-icount");
		arg(a, "shift=0,sleep=off");
	}
}

static bool copy_file(const char *from, const char *to)
{
	char buf[65536];
	FILE *in = fopen(from, "rb"), *out = in ? fopen(to, "wb") : NULL;
	size_t n;
	bool ok = out != NULL;

	while (ok && (n = fread(buf, 1, sizeof(buf), in)) > 0)
		ok = fwrite(buf, 1, n, out) == n;
	if (in != NULL)
		fclose(in);
	if (out != NULL && fclose(out) != 0)
		ok = false;
	return ok;
}

/* A directory QEMU shows as a FAT disk, with the image where firmware looks by itself. */
static bool make_esp(const struct machine *m, const struct run_spec *s, const char *image)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/esp", m->dir);
	if (mkdir(path, 0700) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/esp/EFI", m->dir);
	if (mkdir(path, 0700) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/esp/EFI/BOOT", m->dir);
	if (mkdir(path, 0700) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/esp/EFI/BOOT/%s", m->dir,
		 s->host == HOST_UEFI_ARM64 ? "BOOTAA64.EFI" : "BOOTX64.EFI");
	return copy_file(image, path);
}

static bool qemu_present(const struct run_spec *s)
{
	char path[512];
	const char *dirs = s->qemu_dir ? s->qemu_dir : getenv("PATH");

	for (const char *p = dirs ? dirs : ""; *p != '\0';) {
		size_t n = strcspn(p, ":");

		snprintf(path, sizeof(path), "%.*s/%s", (int)n, p, hosts[s->host].qemu);
		if (access(path, X_OK) == 0)
			return true;
		p += n + (p[n] == ':');
	}
	fprintf(stderr, "postern: %s not found in %s; install the Debian package %s\n",
		hosts[s->host].qemu, dirs ? dirs : "(empty PATH)", hosts[s->host].package);
	return false;
}

static bool firmware_present(const struct run_spec *s)
{
	const char *f = hosts[s->host].firmware;

	if (f == NULL || access(f, R_OK) == 0)
		return true;
	fprintf(stderr, "postern: no firmware at %s; install the Debian packages %s\n", f,
		hosts[s->host].package);
	return false;
}

/* QEMU connects to us, so that the socket exists before it runs. */
static int qmp_listen(const struct machine *m)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/qmp", m->dir);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 || listen(fd, 1) != 0) {
		perror("postern: QMP socket");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static void save_command(const struct run_spec *s, const struct args *a)
{
	char path[512];
	FILE *f;

	if (s->save_dir == NULL)
		return;
	mkdir(s->save_dir, 0777);
	snprintf(path, sizeof(path), "%s/command", s->save_dir);
	f = fopen(path, "w");
	if (f == NULL)
		return;
	for (size_t i = 0; i < a->n; i++)
		fprintf(f, "%s%s", i ? " " : "", a->v[i]);
	fputc('\n', f);
	fclose(f);
}

static void child_exec(struct args *a, const struct run_spec *s, int console, int channel, int log)
{
	struct rlimit limit = { s->cpu_seconds, s->cpu_seconds };
	int null = open("/dev/null", O_RDONLY);

	/* Not the clock: on a busy machine the same run takes longer, but no more work. */
	setrlimit(RLIMIT_CPU, &limit);
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	fcntl(console, F_SETFD, 0);
	if (channel >= 0)
		fcntl(channel, F_SETFD, 0);
	execvp(a->v[0], a->v);
	fprintf(stderr, "postern: cannot run %s: %s\n", a->v[0], strerror(errno));
	_exit(127);
}

static bool start_qemu(struct machine *m, const struct run_spec *s, const char *image, uint64_t mem)
{
	struct args a = { .n = 0 };
	int console[2], channel[2] = { -1, -1 }, log;
	char path[128];

	if (pipe2(console, O_CLOEXEC) != 0 ||
	    (s->host == HOST_CCA && pipe2(channel, O_CLOEXEC) != 0)) {
		perror("postern: pipe");
		return false;
	}
	common_args(&a, s);
	arg(&a, "-chardev");
	arg(&a, "file,id=console,path=/dev/fd/%d", console[1]);
	arg(&a, "-serial");
	arg(&a, "chardev:console");
	if (s->host == HOST_CCA) {
		arg(&a, "-chardev");
		arg(&a, "file,id=channel,path=/dev/fd/%d", channel[1]);
		cca_args(&a, m, s, image, mem);
	} else {
		m->qmp = qmp_listen(m);
		plain_args(&a, m, s, image);
	}
	save_command(s, &a);
	snprintf(path, sizeof(path), "%s/qemu.log", m->dir);
	log = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	m->pid = fork();
	if (m->pid == 0)
		child_exec(&a, s, console[1], channel[1], log);
	args_free(&a);
	close(log);
	close(console[1]);
	m->console = console[0];
	if (channel[1] >= 0)
		close(channel[1]);
	m->channel = channel[0];
	return m->pid > 0;
}

bool machine_start(struct machine *m, const struct run_spec *s)
{
	char image[512];
	const char *tmp = getenv("TMPDIR");
	uint64_t mem;

	memset(m, 0, sizeof(*m));
	m->console = m->channel = m->qmp = -1;
	if (!parse_size(s->mem, &mem) || mem < MIB(64) || mem % MIB(2) != 0) {
		fprintf(stderr,
			"postern: --mem %s: want a multiple of 2M, at least 64M, like 512M or 2G\n",
			s->mem);
		return false;
	}
	if (!image_path(s, image, sizeof(image)) || !qemu_present(s) || !firmware_present(s))
		return false;
	if (snprintf(m->dir, sizeof(m->dir), "%s/postern-XXXXXX", tmp ? tmp : "/tmp") >=
		(int)sizeof(m->dir) ||
	    mkdtemp(m->dir) == NULL) {
		fprintf(stderr, "postern: cannot make a temporary directory in %s: %s\n",
			tmp ? tmp : "/tmp", strerror(errno));
		m->dir[0] = '\0';
		return false;
	}
	if (s->esp && !make_esp(m, s, image)) {
		fprintf(stderr, "postern: cannot make the boot disk in %s: %s\n", m->dir,
			strerror(errno));
		return false;
	}
	if (s->host == HOST_CCA && !write_host_config(m, s, mem))
		return false;
	return start_qemu(m, s, image, mem);
}

static void remove_in(const char *dir, const char *name, bool is_dir)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (is_dir)
		rmdir(path);
	else
		unlink(path);
}

void machine_cleanup(struct machine *m)
{
	if (m->pid > 0) {
		kill(m->pid, SIGKILL);
		waitpid(m->pid, NULL, 0);
		m->pid = 0;
	}
	if (m->console >= 0)
		close(m->console);
	if (m->channel >= 0)
		close(m->channel);
	if (m->qmp >= 0)
		close(m->qmp);
	if (m->dir[0] == '\0')
		return;
	remove_in(m->dir, "config", false);
	remove_in(m->dir, "qmp", false);
	remove_in(m->dir, "qemu.log", false);
	remove_in(m->dir, "esp/EFI/BOOT/BOOTAA64.EFI", false);
	remove_in(m->dir, "esp/EFI/BOOT/BOOTX64.EFI", false);
	remove_in(m->dir, "esp/NvVars", false);
	remove_in(m->dir, "esp/EFI/BOOT", true);
	remove_in(m->dir, "esp/EFI", true);
	remove_in(m->dir, "esp", true);
	rmdir(m->dir);
}
