/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's devices as QEMU is told of them.
 * sources: tools/devices.c tools/disk.c tools/args.c tools/firmware_spec.c tools/hosts.c
 * libs: -lcrypto
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../tools/postern.h"
#include "abi/disk.h"

static char dir[] = "/tmp/postern-test-XXXXXX";

static int setup(void **state)
{
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	return rmdir(dir);
}

/* All of it as one line, each argument between spaces. */
static char *line_of(enum host_kind host, unsigned devices)
{
	struct run_spec s;
	struct machine m = { .dir = "/tmp/run", .files.disk = "/tmp/run/di,sk" };
	struct args a = { .n = 0 };
	char *line = calloc(1, 8192);

	assert_non_null(line);
	spec_defaults(&s);
	s.host = host;
	s.devices = devices;
	args_build(&a, &m, &s, "image", MIB(256), 4, 5);
	for (size_t i = 0; i < a.n; i++) {
		strcat(line, " ");
		strcat(line, a.v[i]);
	}
	strcat(line, " ");
	args_free(&a);
	return line;
}

static unsigned count(const char *line, const char *word)
{
	unsigned n = 0;

	for (; (line = strstr(line, word)) != NULL; line += strlen(word))
		n++;
	return n;
}

static void every_host_has_them(void **state)
{
	static const char *const slots[] = { " virtio-blk-pci,addr=0x2,",
					     " virtio-rng-pci,addr=0x3,",
					     " virtio-serial-pci,id=serial,addr=0x4,",
					     " virtio-net-pci,addr=0x5," };

	for (int h = 0; h < HOST_KINDS; h++) {
		char *line = line_of((enum host_kind)h, DEVICES_ALL);

		for (size_t i = 0; i < ARRAY_SIZE(slots); i++)
			assert_int_equal(count(line, slots[i]), 1);
		/* Legacy or without IOMMU, a device would read and write where it likes. */
		assert_int_equal(count(line, "-pci,"), count(line, "disable-legacy=on,"));
		assert_int_equal(count(line, "restrict=on,"), 1);
		assert_int_equal(count(line, "file=/tmp/run/di,,sk "),
				 1 + count(line, "virtio-blk-device"));
		free(line);
	}
}

static void iommu_where_a_monitor_is(void **state)
{
	for (int h = 0; h < HOST_KINDS; h++) {
		const struct host_info *info = host_info((enum host_kind)h);
		bool monitor = info->monitor != NULL, arm = info->arch == ARCH_ARM64;
		char *line = line_of((enum host_kind)h, DEVICES_ALL);

		assert_int_equal(count(line, ",iommu=smmuv3 "), monitor && arm);
		assert_int_equal(count(line, " intel-iommu,aw-bits=48 "), monitor && !arm);
		/* In front of what it confines. */
		if (monitor && !arm)
			assert_true(strstr(line, " intel-iommu") < strstr(line, " virtio-"));
		assert_int_equal(count(line, "virtio-blk-device,"), !monitor && arm);
		assert_int_equal(count(line, "virtio-rng-device,"), !monitor && arm);
		free(line);
	}
}

/* With and without the machine's own ITS. */
static void messages(void **state)
{
	static const char *const msi[] = { NULL, "its", "none" };

	for (int h = 0; h < HOST_KINDS; h++) {
		const struct host_info *info = host_info((enum host_kind)h);
		bool arm = info->arch == ARCH_ARM64, plain_arm = arm && info->monitor == NULL;

		for (size_t i = 0; i < ARRAY_SIZE(msi); i++) {
			struct machine m = { .dir = "/tmp/run", .files.disk = "/tmp/run/disk" };
			struct args a = { .n = 0 };
			struct run_spec s;
			unsigned off = 0;

			spec_defaults(&s);
			s.host = (enum host_kind)h;
			s.msi = msi[i];
			assert_int_equal(spec_fits(&s, s.host), msi[i] == NULL || arm);
			args_build(&a, &m, &s, "image", MIB(256), 4, 5);
			for (size_t k = 0; k < a.n; k++)
				off += strstr(a.v[k], ",its=off") != NULL;
			assert_int_equal(off, i == 2 && plain_arm);
			args_free(&a);
		}
	}
}

static void what_a_host_has(void **state)
{
	static const struct {
		enum host_kind host;
		const char *msi;
		unsigned long long save_restore;
		bool fits;
	} cases[] = {
		{ HOST_CCA, "its-kvm", 0, true },
		{ HOST_CCA, "gicv2m", 0, true },
		{ HOST_PLAIN_ARM64, "its-kvm", 0, false },
		{ HOST_UEFI_ARM64, "gicv2m", 0, false },
		{ HOST_SNP, "its", 0, false },
		{ HOST_TDX, "none", 0, false },
		{ HOST_CCA, NULL, 50, true },
		{ HOST_CCA, "its-kvm", 1, true },
		{ HOST_CCA, "gicv2m", 50, false },
		{ HOST_CCA, "none", 50, false },
		{ HOST_PLAIN_ARM64, "its", 50, false },
		{ HOST_SNP, NULL, 50, false },
		{ HOST_PKVM, "its-kvm", 50, true },
		{ HOST_PKVM_ANDROID, "gicv2m", 0, true },
		{ HOST_PKVM_ANDROID, "none", 50, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_spec s;

		spec_defaults(&s);
		s.msi = cases[i].msi;
		s.save_restore = cases[i].save_restore;
		assert_int_equal(spec_fits(&s, cases[i].host), cases[i].fits);
	}
}

static void config_of(const struct run_spec *s, char *text, size_t size)
{
	struct machine m = { .pid = 0 };
	char path[128];
	size_t n;
	FILE *f;

	snprintf(m.dir, sizeof(m.dir), "%s", dir);
	snprintf(path, sizeof(path), "%s/config", dir);
	assert_true(write_host_config(&m, s, MIB(256)));
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
	unlink(path);
}

static void host_config(void **state)
{
	char text[1024];
	struct run_spec s;

	spec_defaults(&s);
	s.host = HOST_CCA;
	s.msi = "its-kvm";
	s.save_restore = 50;
	config_of(&s, text, sizeof(text));
	assert_int_equal(count(text, "\nmsi=its-kvm\n"), 1);
	assert_int_equal(count(text, "\nsave_restore=50\n"), 1);
	/* Keys a monitor does not know end its run. */
	assert_int_equal(count(text, "\nprofile="), 0);
}

static void pkvm_config(void **state)
{
	static const struct {
		enum host_kind host;
		const char *granule;
		bool pvmfw;
		const char *profile, *line;
	} cases[] = {
		{ HOST_PKVM, NULL, false, "\nprofile=upstream\n", NULL },
		{ HOST_PKVM, "4K", false, "\nprofile=upstream\n", "\ngranule=4096\n" },
		{ HOST_PKVM_ANDROID, "16K", false, "\nprofile=android\n", "\ngranule=16384\n" },
		{ HOST_PKVM_ANDROID, "64K", true, "\nprofile=android\n", "\ngranule=65536\n" },
	};
	char text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_spec s;

		spec_defaults(&s);
		s.host = cases[i].host;
		s.granule = cases[i].granule;
		s.pvmfw = cases[i].pvmfw;
		s.dt_lie = cases[i].pvmfw ? "some" : NULL;
		assert_true(spec_fits(&s, s.host));
		config_of(&s, text, sizeof(text));
		assert_int_equal(count(text, "\nprofile="), 1);
		assert_int_equal(count(text, cases[i].profile), 1);
		assert_int_equal(count(text, "\ngranule="), cases[i].line != NULL);
		if (cases[i].line != NULL)
			assert_int_equal(count(text, cases[i].line), 1);
		assert_int_equal(count(text, "\npvmfw=1\n"), cases[i].pvmfw);
		assert_int_equal(count(text, "\ndt_lie=some\n"), cases[i].pvmfw);
	}
}

static void pkvm_options(void **state)
{
	static const struct run_spec theirs[] = { { .granule = "4K" },
						  { .pvmfw = true },
						  { .dt_lie = "some" } };
	static const struct run_spec others[] = {
		{ .ripas = "all" },
		{ .ripas_chunk = 7 },
		{ .hash = "sha256" },
		{ .gpaw = 48 },
		{ .machine = "pc" },
		{ .mark = "text" },
		{ .ipa_bits = 41 },
		{ .debug = true },
		{ .party = true, .workload = "hello", .devices = DEVICES_ALL },
	};
	const struct run_spec both = { .pvmfw = true, .ram_base = "0x80000000" };

	for (int h = 0; h < HOST_KINDS; h++) {
		enum host_kind host = (enum host_kind)h;
		bool pkvm = host == HOST_PKVM || host == HOST_PKVM_ANDROID;

		assert_int_equal(spec_fits(&theirs[0], host), pkvm);
		assert_int_equal(spec_fits(&theirs[1], host), host == HOST_PKVM_ANDROID);
		assert_int_equal(spec_fits(&theirs[2], host), pkvm);
		for (size_t i = 0; pkvm && i < ARRAY_SIZE(others); i++)
			assert_false(spec_fits(&others[i], host));
	}
	assert_false(spec_fits(&both, HOST_PKVM_ANDROID));
}

static void none_when_off(void **state)
{
	for (int h = 0; h < HOST_KINDS; h++) {
		char *line = line_of((enum host_kind)h, 0);

		assert_int_equal(count(line, "virtio-"), 0);
		assert_int_equal(count(line, "iommu"), 0);
		free(line);
	}
}

static void only_some(void **state)
{
	char *line = line_of(HOST_SNP, DEVICE_RNG | DEVICE_MMIO);

	assert_int_equal(count(line, "virtio-rng-pci"), 1);
	assert_int_equal(count(line, "virtio-"), 1);
	assert_int_equal(count(line, "intel-iommu"), 1);
	free(line);
	/* Nothing is behind it: the mmio devices are no reference host's. */
	line = line_of(HOST_CCA, DEVICE_MMIO);
	assert_int_equal(count(line, "virtio-"), 0);
	assert_int_equal(count(line, "iommu"), 0);
	free(line);
	line = line_of(HOST_PLAIN_ARM64, DEVICE_MMIO);
	assert_int_equal(count(line, "-device,"), 2);
	assert_int_equal(count(line, "virtio-mmio.force-legacy=false"), 1);
	assert_int_equal(count(line, "rng-builtin"), 1);
	free(line);
}

static void lists(void **state)
{
	unsigned d = 77;

	assert_true(devices_parse("on", &d) && d == DEVICES_ALL);
	assert_true(devices_parse("off", &d) && d == 0);
	assert_true(devices_parse("net,blk", &d) && d == (DEVICE_NET | DEVICE_BLK));
	assert_true(devices_parse("rng,console,mmio", &d) &&
		    d == (DEVICE_RNG | DEVICE_CONSOLE | DEVICE_MMIO));
	d = 77;
	assert_false(devices_parse("blk,floppy", &d));
	assert_false(devices_parse("bl", &d));
	assert_false(devices_parse("blkk", &d));
	assert_false(devices_parse(",", &d));
	assert_false(devices_parse("", &d));
	assert_int_equal(d, 77);
}

static void files_behind_them(void **state)
{
	struct run_spec s;
	struct machine m = { .pid = 0 };
	char path[128], disk[128];
	struct stat st;

	spec_defaults(&s);
	s.host = HOST_PLAIN_X86;
	snprintf(m.dir, sizeof(m.dir), "%s", dir);
	assert_true(devices_prepare(&m, &s));
	assert_int_equal(stat(m.files.disk, &st), 0);
	assert_int_equal(st.st_size, MIB(8));
	assert_int_equal(m.files.plan.read_length, MIB(6));
	assert_int_equal(stat(m.files.tftp, &st), 0);
	assert_int_equal(st.st_size, TFTP_SIZE);
	unlink(m.files.tftp);
	snprintf(path, sizeof(path), "%s/tftp", dir);
	assert_int_equal(rmdir(path), 0);
	/* A disk that is there stays as it is, whatever size is asked for. */
	snprintf(disk, sizeof(disk), "%s/disk", dir);
	s.disk = disk;
	s.disk_size = "2M";
	s.devices = DEVICE_BLK;
	assert_true(devices_prepare(&m, &s));
	assert_int_equal(stat(m.files.disk, &st), 0);
	assert_int_equal(st.st_size, MIB(8));
	unlink(m.files.disk);
	/* Nothing is made that nobody uses. */
	s.disk = NULL;
	s.devices = DEVICE_MMIO;
	assert_true(devices_prepare(&m, &s));
	s.devices = 0;
	assert_true(devices_prepare(&m, &s));
}

static void bad_sizes(void **state)
{
	static const char *const sizes[] = { "", "1M", "x", "2097153", "0" };
	struct machine m = { .pid = 0 };
	struct run_spec s;

	spec_defaults(&s);
	s.host = HOST_TDX;
	snprintf(m.dir, sizeof(m.dir), "%s", dir);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		s.disk_size = sizes[i];
		assert_false(devices_prepare(&m, &s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_host_has_them),
		cmocka_unit_test(iommu_where_a_monitor_is),
		cmocka_unit_test(messages),
		cmocka_unit_test(what_a_host_has),
		cmocka_unit_test(host_config),
		cmocka_unit_test(pkvm_config),
		cmocka_unit_test(pkvm_options),
		cmocka_unit_test(none_when_off),
		cmocka_unit_test(only_some),
		cmocka_unit_test(lists),
		cmocka_unit_test(files_behind_them),
		cmocka_unit_test(bad_sizes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
