/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's devices: QEMU's own virtio devices, modern only and behind the platform's idea of
 * DMA addresses, at fixed PCI slots, with nothing outside the run's temporary directory behind
 * them.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/disk.h"
#include "postern.h"

#define DISK_MIN MIB(2)

static const struct {
	const char *name;
	unsigned device;
} names[] = {
	{ "on", DEVICES_ALL },         { "off", 0 },
	{ "blk", DEVICE_BLK },         { "rng", DEVICE_RNG },
	{ "console", DEVICE_CONSOLE }, { "net", DEVICE_NET },
	{ "mmio", DEVICE_MMIO },
};

bool devices_parse(const char *list, unsigned *devices)
{
	const char *p = list;
	unsigned set = 0;

	do {
		size_t n = strcspn(p, ","), i = 0;

		while (i < ARRAY_SIZE(names) &&
		       (strlen(names[i].name) != n || strncmp(names[i].name, p, n) != 0))
			i++;
		if (i == ARRAY_SIZE(names)) {
			fprintf(stderr,
				"postern: --devices %s: want on, off or a list of blk, rng, "
				"console, net, mmio\n",
				list);
			return false;
		}
		set |= names[i].device;
		p += n + (p[n] == ',');
	} while (*p != '\0');
	*devices = set;
	return true;
}

/* Devices on virtio-mmio have no IOMMU in front, so only a plain machine may have them. */
static bool has_mmio(const struct run_spec *s)
{
	const struct host_info *h = host_info(s->host);

	return (s->devices & DEVICE_MMIO) != 0 && h->monitor == NULL && h->arch == ARCH_ARM64;
}

bool devices_iommu(const struct run_spec *s)
{
	return (s->devices & ~DEVICE_MMIO) != 0 && host_info(s->host)->monitor != NULL;
}

/* A comma ends an option of QEMU's; doubled it is a comma. */
void devices_escape(const char *path, char *buf, size_t size)
{
	size_t n = 0;

	for (; *path != '\0' && n + 2 < size; path++) {
		buf[n++] = *path;
		if (*path == ',')
			buf[n++] = ',';
	}
	buf[n] = '\0';
}

#define PCI_VIRTIO "disable-legacy=on,iommu_platform=on"

static void disk_args(struct args *a, const struct run_spec *s, const char *disk)
{
	/* No flush of the host's own disk: what QEMU has written the tool reads back, and then the
	 * file is gone. */
	if ((s->devices & DEVICE_BLK) != 0) {
		args_add(a, "-drive");
		args_add(a, "if=none,id=disk,format=raw,cache=unsafe,file=%s", disk);
		args_add(a, "-device");
		args_add(a, "virtio-blk-pci,addr=0x2,drive=disk," PCI_VIRTIO);
	}
	/* The same medium once more: neither has a cache of its own above the file. */
	if (has_mmio(s)) {
		args_add(a, "-drive");
		args_add(a, "if=none,id=disk-mmio,format=raw,cache=unsafe,file.locking=off,file=%s",
			 disk);
		args_add(a, "-device");
		args_add(a, "virtio-blk-device,bus=virtio-mmio-bus.0,drive=disk-mmio,"
			    "iommu_platform=on");
	}
}

static void rng_args(struct args *a, const struct run_spec *s)
{
	if ((s->devices & DEVICE_RNG) == 0 && !has_mmio(s))
		return;
	args_add(a, "-object");
	args_add(a, "rng-builtin,id=entropy");
	if ((s->devices & DEVICE_RNG) != 0) {
		args_add(a, "-device");
		args_add(a, "virtio-rng-pci,addr=0x3,rng=entropy," PCI_VIRTIO);
	}
	if (has_mmio(s)) {
		args_add(a, "-device");
		args_add(a,
			 "virtio-rng-device,bus=virtio-mmio-bus.1,rng=entropy,iommu_platform=on");
	}
}

/* A console into a file, and two ports each of which hears what the other says. */
static void console_args(struct args *a, const struct machine *m, const struct run_spec *s)
{
	args_add(a, "-chardev");
	args_add(a, "file,id=virtconsole,path=%s/virtconsole", m->dir);
	args_add(a, "-chardev");
	args_add(a, "socket,id=port-a,path=%s/ports,server=on,wait=off", m->dir);
	args_add(a, "-chardev");
	args_add(a, "socket,id=port-b,path=%s/ports", m->dir);
	args_add(a, "-device");
	args_add(a, "virtio-serial-pci,id=serial,addr=0x4,max_ports=4," PCI_VIRTIO);
	args_add(a, "-device");
	args_add(a, "virtconsole,bus=serial.0,nr=0,chardev=virtconsole");
	args_add(a, "-device");
	args_add(a, "virtserialport,bus=serial.0,nr=1,chardev=port-a,name=org.postern.a");
	args_add(a, "-device");
	args_add(a, "virtserialport,bus=serial.0,nr=2,chardev=port-b,name=org.postern.b");
	if (!s->party)
		return;
	args_add(a, "-chardev");
	args_add(a, "socket,id=party,path=%s/party", m->dir);
	args_add(a, "-device");
	args_add(a, "virtserialport,bus=serial.0,nr=3,chardev=party,name=org.postern.workload");
}

/* A network of QEMU and the guest alone; its ping and its TFTP are QEMU's own. No boot code in a
 * ROM: firmware would try to boot from it. */
static void net_args(struct args *a, const struct machine *m)
{
	args_add(a, "-netdev");
	args_add(a, "user,id=net,restrict=on,ipv6=off,tftp=%s/tftp", m->dir);
	args_add(a, "-device");
	args_add(a,
		 "virtio-net-pci,addr=0x5,netdev=net,mac=52:54:00:12:34:56,romfile=," PCI_VIRTIO);
}

void devices_args(struct args *a, const struct machine *m, const struct run_spec *s)
{
	char disk[1100];

	/* Before every device it stands in front of. */
	if (devices_iommu(s) && host_info(s->host)->arch == ARCH_X86) {
		args_add(a, "-device");
		args_add(a, "intel-iommu,aw-bits=48");
	}
	if (has_mmio(s)) {
		args_add(a, "-global");
		args_add(a, "virtio-mmio.force-legacy=false");
	}
	devices_escape(m->files.disk, disk, sizeof(disk));
	disk_args(a, s, disk);
	rng_args(a, s);
	if ((s->devices & DEVICE_CONSOLE) != 0)
		console_args(a, m, s);
	if ((s->devices & DEVICE_NET) != 0)
		net_args(a, m);
}

/* The run's own image, or the one that was named: made where there is none yet. */
static bool prepare_disk(const struct run_spec *s, struct device_files *f, const char *dir)
{
	uint64_t size;

	if (!parse_size(s->disk_size, &size) || size < DISK_MIN || size % DISK_HEADER != 0) {
		fprintf(stderr, "postern: --disk-size %s: want whole sectors, at least 2M\n",
			s->disk_size);
		return false;
	}
	if (s->disk != NULL)
		snprintf(f->disk, sizeof(f->disk), "%s", s->disk);
	else
		snprintf(f->disk, sizeof(f->disk), "%s/disk", dir);
	if (access(f->disk, F_OK) != 0 && !disk_make(f->disk, size))
		return false;
	/* Now, before the guest can write there. Somebody else's disk has no header; nothing a
	 * guest says of it can be right then. */
	if (!disk_header(f->disk, &f->plan))
		memset(&f->plan, 0, sizeof(f->plan));
	return true;
}

bool devices_prepare(struct machine *m, const struct run_spec *s)
{
	struct device_files *f = &m->files;
	char dir[80];

	snprintf(f->console, sizeof(f->console), "%s/virtconsole", m->dir);
	snprintf(dir, sizeof(dir), "%s/tftp", m->dir);
	snprintf(f->tftp, sizeof(f->tftp), "%s/" TFTP_FILE, dir);
	if (((s->devices & DEVICE_BLK) != 0 || has_mmio(s)) && !prepare_disk(s, f, m->dir))
		return false;
	if ((s->devices & DEVICE_NET) == 0)
		return true;
	if (mkdir(dir, 0700) != 0) {
		fprintf(stderr, "postern: cannot make %s: %s\n", dir, strerror(errno));
		return false;
	}
	return tftp_make(f->tftp);
}
