/* SPDX-License-Identifier: BSD-2-Clause */
/* One machine: its files, its start and its end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/disk.h"
#include "attested.h"

/* A workload's image lies beside the probe's, and so does the firmware's; of that plain machines
 * take the flash file, too. */
static void default_image(const struct run_spec *s, char *buf, size_t size)
{
	const char *probe = host_info(s->host)->image, *name = strstr(probe, "probe");

	if (s->firmware)
		snprintf(buf, size, "%s/%.*sfirmware%s%s", s->build_dir, (int)(name - probe), probe,
			 s->unmeasured ? "-unmeasured" : "",
			 host_info(s->host)->arch == ARCH_X86 ? ".fd" : ".img");
	else if (s->workload == NULL)
		snprintf(buf, size, "%s/%s", s->build_dir, probe);
	else
		snprintf(buf, size, "%s/%.*sworkload-%s%s", s->build_dir, (int)(name - probe),
			 probe, s->workload, name + strlen("probe"));
}

bool image_path(const struct run_spec *s, char *buf, size_t size)
{
	default_image(s, buf, size);
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

		snprintf(path, sizeof(path), "%.*s/%s", (int)n, p, host_info(s->host)->qemu);
		if (access(path, X_OK) == 0)
			return true;
		p += n + (p[n] == ':');
	}
	fprintf(stderr, "postern: %s not found in %s; install the Debian package %s\n",
		host_info(s->host)->qemu, dirs ? dirs : "(empty PATH)",
		host_info(s->host)->package);
	return false;
}

static bool firmware_present(const struct run_spec *s)
{
	const char *f = host_info(s->host)->firmware;

	if (f == NULL || access(f, R_OK) == 0)
		return true;
	fprintf(stderr, "postern: no firmware at %s; install the Debian packages %s\n", f,
		host_info(s->host)->package);
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
	    (host_info(s->host)->monitor != NULL && pipe2(channel, O_CLOEXEC) != 0)) {
		perror("postern: pipe");
		return false;
	}
	if (channel[1] < 0)
		m->qmp = qmp_listen(m);
	args_build(&a, m, s, image, mem, console[1], channel[1]);
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
	m->party = (struct party){ -1, -1, -1, 0 };
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
	if (s->firmware && !firmware_prepare(m, s, image, sizeof(image)))
		return false;
	if (s->esp && !make_esp(m, s, image)) {
		fprintf(stderr, "postern: cannot make the boot disk in %s: %s\n", m->dir,
			strerror(errno));
		return false;
	}
	if (host_info(s->host)->monitor != NULL && !write_host_config(m, s, mem))
		return false;
	if (!devices_prepare(m, s) || (s->party && !party_listen(&m->party, m)))
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
	if (m->party.listener >= 0)
		close(m->party.listener);
	if (m->dir[0] == '\0')
		return;
	remove_in(m->dir, "config", false);
	remove_in(m->dir, "qmp", false);
	remove_in(m->dir, "party", false);
	remove_in(m->dir, "qemu.log", false);
	remove_in(m->dir, "disk", false);
	remove_in(m->dir, "firmware.fd", false);
	remove_in(m->dir, "virtconsole", false);
	remove_in(m->dir, "ports", false);
	remove_in(m->dir, "tftp/" TFTP_FILE, false);
	remove_in(m->dir, "tftp", true);
	remove_in(m->dir, "esp/EFI/BOOT/BOOTAA64.EFI", false);
	remove_in(m->dir, "esp/EFI/BOOT/BOOTX64.EFI", false);
	remove_in(m->dir, "esp/NvVars", false);
	remove_in(m->dir, "esp/EFI/BOOT", true);
	remove_in(m->dir, "esp/EFI", true);
	remove_in(m->dir, "esp", true);
	rmdir(m->dir);
}
