/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory for tests of hosts/x86/core: GUEST_BYTES of RAM at 0, private and shared apart,
 * each a heap block of its own, so that ASan sees any access beyond.
 */
#ifndef FAKE_GUEST_X86_H
#define FAKE_GUEST_X86_H

#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "core/vmcb.h"

#ifndef GUEST_BYTES
#define GUEST_BYTES MIB(1)
#endif
#define ALIAS     BIT(51) /* set: private, as on SNP */

#define CR0_PE    BIT(0)
#define CR0_PG    BIT(31)
#define CR4_PSE   BIT(4)
#define CR4_PAE   BIT(5)
#define CR4_LA57  BIT(12)
#define EFER_LME  BIT(8)
#define EFER_LMA  BIT(10)
#define EFER_NXE  BIT(11)
#define PTE       3ULL /* present, writable */
#define PTE_LARGE BIT(7)
#define PTE_NX    BIT(63)
#define CS_64     0xa9b
#define CS_32     0xc9b
#define DATA_32   0xc93

struct model model = { .name = "fake", .alias_bit = ALIAS, .alias_is_private = true };
struct host_config config;
static u8 *private_memory, *shared_memory;
static struct vmcb vmcb;
static struct vcpu cpu;

u64 backing_private(u64 gpa)
{
	return gpa < GUEST_BYTES ? (u64)(uintptr_t)(private_memory + gpa) : 0;
}

u64 backing_shared(u64 gpa)
{
	return gpa < GUEST_BYTES ? (u64)(uintptr_t)(shared_memory + gpa) : 0;
}

static void guest_free(void)
{
	free(private_memory);
	free(shared_memory);
}

static void guest_new(void)
{
	private_memory = calloc(1, GUEST_BYTES);
	shared_memory = calloc(1, GUEST_BYTES);
	memset(&vmcb, 0, sizeof(vmcb));
	memset(&cpu, 0, sizeof(cpu));
	cpu.vmcb = &vmcb;
	model.alias_bit = ALIAS;
	model.alias_is_private = true;
}

static inline void poke64(u64 gpa, u64 value)
{
	memcpy(private_memory + gpa, &value, sizeof(value));
}

static inline void poke32(u64 gpa, u32 value)
{
	memcpy(private_memory + gpa, &value, sizeof(value));
}

/* 64-bit mode, `levels` of tables from 0x1000 on: addresses 0..2 MiB to themselves, private. The
 * last table lies at levels * 0x1000. */
static inline void guest_long_mode(unsigned levels)
{
	vmcb.cr0 = CR0_PE | CR0_PG | BIT(4);
	vmcb.cr4 = CR4_PAE | (levels == 5 ? CR4_LA57 : 0);
	vmcb.efer = EFER_LME | EFER_LMA | EFER_NXE;
	vmcb.cr3 = 0x1000;
	vmcb.cs.attributes = CS_64;
	for (unsigned l = 1; l < levels; l++)
		poke64(l * 0x1000ULL, (l + 1) * 0x1000ULL | PTE);
	for (u64 i = 0; i < 512; i++)
		poke64(levels * 0x1000ULL + i * 8, i << 12 | ALIAS | PTE);
}

#endif
