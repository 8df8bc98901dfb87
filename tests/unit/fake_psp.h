/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the PSP's half of the SNP model stands on, for native tests: guest memory in an array, the
 * RMP as one type per page, CPUID of an imagined machine, core_panic() as a way out of a launch.
 */
#ifndef FAKE_PSP_H
#define FAKE_PSP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_mutant.h"
#include "psp.h"

#define FAKE_RAM       MIB(9)
#define FAKE_FIRMWARE  MIB(1)
#define FAKE_SIGNATURE 0x800f12

struct host_config config = { .cpus = 1 };
struct vcpu vcpus[CORE_MAX_CPUS];

static struct {
	u8 ram[FAKE_RAM], firmware[FAKE_FIRMWARE];
	u8 type[(FAKE_RAM + FAKE_FIRMWARE) / PAGE_SIZE]; /* SNP_PAGE_*, 0: not assigned */
	u8 vmsas[CORE_MAX_CPUS][PAGE_SIZE];
	struct blob image, payload[2];
	u8 measurement[SNP_DIGEST_SIZE], evidence[SNP_REPORT_SIZE];
	unsigned evidences, lines;
	bool boastful_cpuid; /* the host claims every feature there is */
	unsigned long_cpuid; /* leaves of the basic range, 0: the usual number */
	enum fault_id fault; /* the one that is on */
	jmp_buf panic;
	char message[256];
} fake;

/* Memory keeps what it held: a launch must not rely on zeros. */
static inline void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	memset(fake.ram, 0xa5, sizeof(fake.ram));
	memset(fake.firmware, 0xa5, sizeof(fake.firmware));
	config.cpus = 1;
	config.hashes = false;
	strcpy(config.append, "");
}

bool guest_is_ram(u64 gpa)
{
	return gpa < FAKE_RAM;
}

static inline bool fake_index(u64 gpa, size_t *index)
{
	if (gpa < FAKE_RAM)
		*index = gpa / PAGE_SIZE;
	else if (gpa >= GIB(4) - FAKE_FIRMWARE && gpa < GIB(4))
		*index = (FAKE_RAM + gpa - (GIB(4) - FAKE_FIRMWARE)) / PAGE_SIZE;
	else
		return false;
	return true;
}

u8 *rmp_private(u64 gpa)
{
	if (gpa < FAKE_RAM)
		return fake.ram + gpa / PAGE_SIZE * PAGE_SIZE;
	if (gpa >= GIB(4) - FAKE_FIRMWARE && gpa < GIB(4))
		return fake.firmware + (gpa - (GIB(4) - FAKE_FIRMWARE)) / PAGE_SIZE * PAGE_SIZE;
	return NULL;
}

enum status rmp_launch(u64 gpa, unsigned type)
{
	size_t i;

	if (!fake_index(gpa, &i))
		return ST_RANGE;
	if (fake.type[i] != 0)
		return ST_STATE;
	fake.type[i] = (u8)type;
	return ST_OK;
}

struct blob core_guest_image(void)
{
	return fake.image;
}

struct blob core_payload(enum payload which)
{
	return fake.payload[which];
}

void *core_pages(size_t count)
{
	return fake.vmsas;
}

bool fault_on(enum fault_id f)
{
	return f == fake.fault && f != FAULT_NONE_CHOSEN;
}

void core_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake.message, sizeof(fake.message), fmt, ap);
	va_end(ap);
	longjmp(fake.panic, 1);
}

void channel(const char *fmt, ...)
{
	fake.lines++;
}

void channel_hex(const char *word, const u8 *data, size_t n)
{
	if (strcmp(word, "measurement") == 0 && n == SNP_DIGEST_SIZE)
		memcpy(fake.measurement, data, n);
	if (strcmp(word, "evidence") == 0 && n == SNP_REPORT_SIZE) {
		memcpy(fake.evidence, data, n);
		fake.evidences++;
	}
}

void vmm_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4])
{
	memset(out, 0, 4 * sizeof(*out));
	if (leaf == 0 || leaf == 0x40000000)
		out[0] = leaf + (leaf == 0 ? (fake.long_cpuid != 0 ? fake.long_cpuid : 0xd) : 1);
	else if (leaf == 0x80000000)
		out[0] = 0x80000008;
	else if (leaf == 1)
		out[0] = FAKE_SIGNATURE;
	else if (leaf == 4 && subleaf < 3)
		out[0] = subleaf + 1;
	else if (leaf == 0xb && subleaf < 2)
		out[2] = (subleaf + 1) << 8;
	else if (leaf == 0xd && subleaf < 3)
		out[0] = 7, out[1] = 0x340;
	else if (leaf < 0x40 && fake.long_cpuid != 0)
		out[0] = leaf;
	if (fake.boastful_cpuid && (leaf == 1 || leaf == 7))
		out[1] = out[2] = out[3] = 0xffffffff;
}

/* NULL: launched; else why not. */
static inline const char *fake_launch(struct blob image)
{
	fake.image = image;
	if (setjmp(fake.panic) != 0)
		return fake.message;
	snp_launch();
	return NULL;
}

#endif
