/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hosts/x86/vmm asks of IOMMU, poison and hosts/common's half of virtio: taps that pass
 * everything on, and a modelled device of 256 bytes. Part of fake_core_x86.h.
 */
#ifndef FAKE_VIO_X86_H
#define FAKE_VIO_X86_H

#include "common/vdev.h"

static struct {
	struct vtap tap[VTAP_MAX];
	unsigned taps, interrupts;
	u64 tapped; /* accesses that came by a tap */
	u8 config[VDEV_CONFIG_SIZE];
	u64 bar, offset, written;
	unsigned coop, leaks, searched;
} fake_vio;

struct model model;

static inline bool fake_is_shared(u64 gpa)
{
	return (gpa & PAGE_SIZE) == 0;
}

static inline void fake_vio_reset(bool iommu)
{
	memset(&fake_vio, 0, sizeof(fake_vio));
	fake_vio.interrupts = 1;
	fake.iommu = iommu;
	model.shared = fake_is_shared;
}

void iommu_init(void)
{
}

bool iommu_present(void)
{
	return fake.iommu;
}

void iommu_poll(void)
{
	fake.polls++;
}

void poison_start(void)
{
	fake.poisons++;
}

void poison_drop(u64 gpa)
{
	fake.dropped++;
}

u64 backing_private(u64 gpa)
{
	return guest_is_ram(gpa) ? gpa + 1 : 0;
}

void violation(const char *kind, const char *fmt, ...)
{
	fake.violations++;
	fake.kind = kind;
}

void counter_add(const char *name, u64 n)
{
}

void vtap_init(const struct vtap_access *access)
{
	assert_non_null(access->read);
	memset(fake_vio.tap, 0, sizeof(fake_vio.tap));
	fake_vio.taps = 0;
}

struct vtap *vtap_add(enum vtap_kind kind)
{
	if (fake_vio.taps == VTAP_MAX)
		return NULL;
	fake_vio.tap[fake_vio.taps].kind = kind;
	return &fake_vio.tap[fake_vio.taps++];
}

static bool fake_holds(u64 base, u32 size, u64 address, unsigned width)
{
	return address >= base && address + width <= base + size;
}

struct vtap *vtap_find(u64 address, unsigned width)
{
	for (unsigned i = 0; i < fake_vio.taps; i++) {
		struct vtap *t = &fake_vio.tap[i];

		if (fake_holds(t->common, t->common_size, address, width) ||
		    fake_holds(t->notify, t->notify_size, address, width))
			return t;
	}
	return NULL;
}

u64 vtap_read(struct vtap *t, u64 address, unsigned width)
{
	assert_true(width <= 4);
	fake_vio.tapped++;
	return machine_read(address, width);
}

void vtap_write(struct vtap *t, u64 address, unsigned width, u64 value)
{
	assert_true(width <= 4);
	fake_vio.tapped++;
	machine_write(address, width, value);
}

unsigned vtap_interrupt(void)
{
	return fake_vio.interrupts;
}

u32 vtap_config_read(u16 bdf, unsigned offset, unsigned width, u32 value)
{
	return value;
}

bool vtap_config_write(u16 bdf, unsigned offset, unsigned width, u32 *value)
{
	return true;
}

/* One value that must not be seen. */
#define FAKE_SECRET 0x5ec2e75ec2e75ec2ULL

void secret_seen(u64 value, unsigned width)
{
	assert_true(width == 8 || value >> (8 * width) == 0);
	fake_vio.leaks += value == FAKE_SECRET;
}

bool secret_planted(void)
{
	return true;
}

bool secret_search(const char *name, u64 base, const void *data, size_t size)
{
	assert_int_equal(size, PAGE_SIZE);
	fake_vio.searched++;
	return false;
}

u64 secret_searched(void)
{
	return fake_vio.searched * PAGE_SIZE;
}

u64 secret_found(void)
{
	return fake_vio.leaks;
}

u64 vdev_coop(u64 command, const u64 *in, u64 *out)
{
	fake_vio.coop++;
	return COOP_OK;
}

void vdev_reset(void)
{
}

u32 vdev_config_read(unsigned offset, unsigned width)
{
	u32 value = 0;

	assert_true(offset + width <= VDEV_CONFIG_SIZE && width <= 4);
	memcpy(&value, fake_vio.config + offset, width);
	return value;
}

void vdev_config_write(unsigned offset, unsigned width, u32 value)
{
	assert_true(offset + width <= VDEV_CONFIG_SIZE && width <= 4);
	memcpy(fake_vio.config + offset, &value, width);
}

u64 vdev_bar(void)
{
	return fake_vio.bar;
}

u64 vdev_read(u64 offset, unsigned width)
{
	assert_true(offset <= VDEV_BAR_SIZE - width);
	fake_vio.offset = offset;
	return 0x5a;
}

void vdev_write(u64 offset, unsigned width, u64 value)
{
	assert_true(offset <= VDEV_BAR_SIZE - width);
	fake_vio.offset = offset;
	fake_vio.written = value;
}

u64 vdev_packets(void)
{
	return 0;
}

struct vdev_counts vdev_counts(void)
{
	return (struct vdev_counts){ 0 };
}

#endif
