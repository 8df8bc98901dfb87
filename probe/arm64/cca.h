/* SPDX-License-Identifier: BSD-2-Clause */
/* What the CCA checks share (probe/arm64/cca_mem.c). */
#ifndef CCA_H
#define CCA_H

#include "../checks.h"
#include "../pattern.h"
#include "abi/psci.h"
#include "mmu.h"
#include "rsi.h"
#include "smccc.h"

#define UNSUPPORTED ((u64)SMCCC_NOT_SUPPORTED)

u64 protected_top(void); /* first unprotected address */
u64 alias_bit(void);

/*
 * Pages whose state is changed lie in one block that no page table maps while that happens:
 * changing a mapped page would skip break-before-make. Each check has pages of its own, so that
 * what one left behind after a failure is not judged by the next.
 */
enum raw_slot {
	RAW_SET_BASE,
	RAW_SET_TOP = RAW_SET_BASE + 4,
	RAW_SET_ORDER = RAW_SET_TOP + 4,
	RAW_SET_VALUE = RAW_SET_ORDER + 4,
	RAW_PROGRESS = RAW_SET_VALUE + 4,
	RAW_TO_EMPTY = RAW_PROGRESS + 16,
	RAW_TO_RAM = RAW_TO_EMPTY + 4,
	RAW_KEEP = RAW_TO_RAM + 4,
	RAW_STOP = RAW_KEEP + 4,
	RAW_RECLAIM = RAW_STOP + 8,
	RAW_REJECT = RAW_RECLAIM + 8,
	RAW_NEVER = RAW_REJECT + 8,
	RAW_EMPTY_TWICE = RAW_NEVER + 8,
	RAW_GET_RAM = RAW_EMPTY_TWICE + 4,
	RAW_GET_RUN = RAW_GET_RAM + 8,
	RAW_GET_ARGS = RAW_GET_RUN + 8,
	RAW_GET_LOST = RAW_GET_ARGS + 8,
	RAW_NO_PAGE = RAW_GET_LOST + 4,
	RAW_CALL_NO_PAGE = RAW_NO_PAGE + 4,
	RAW_STUCK = RAW_CALL_NO_PAGE + 4,
	RAW_RACE = RAW_STUCK + 4, /* 32 pages per CPU, two CPUs */
	RAW_END = RAW_RACE + 64,
};

/* Address of a page of the block, which is unmapped on return; 0: skip has been said. */
u64 raw_page(enum raw_slot slot);
/* Maps the block for loads and stores, and breaks it again. */
bool raw_map(void);
void raw_unmap(void);

/* A block of the protected half that is no memory of this guest, so EMPTY without anybody's doing.
 * size 0: skip has been said. Not mapped; hole_map maps it as private. */
struct range hole(void);
bool hole_map(enum map_kind kind);
void hole_unmap(void);

/* RIPAS of one page; ~0 when the answer is no proper one. */
u64 ripas_of(u64 page);
bool expect_ripas(const char *when, u64 page, u64 ripas);
/* IPA_STATE_SET from end to end, bounded; false: it did not get to the top (not judged). */
bool set_ripas(u64 base, u64 top, u64 ripas);
/* One IPA_STATE_SET that must be refused with ERROR_INPUT. */
bool expect_refused(const char *asked, u64 base, u64 top, u64 ripas);
/* Puts pages back to RAM, whatever they are. */
void restore_ram(u64 base, u64 top);

/* An unmapped block to flip between the halves; false: skip has been said. */
bool flip_get(struct range *r);
void flip_put(struct range r); /* from any state */
bool flip_map(struct range r, enum map_kind kind, enum map_state state);
/* Converts only, no mapping. */
bool flip_to(struct range r, enum map_state state);

void fill_page(u64 page, u8 value);
/* Is every byte of [from, to) of the page `value`? Notes the first that is not. */
bool page_is(u64 page, size_t from, size_t to, u8 value);

/* The structure of RSI_HOST_CALL for checks that break its rules. */
struct host_call {
	u32 imm;
	u32 pad;
	u64 gprs[RSI_HOST_CALL_NR];
} ALIGNED(RSI_HOST_CALL_SIZE);

size_t realm_hash_size(void);

/* The whole token for a challenge: INIT, CONTINUE until SUCCESS. Fails the check otherwise. */
bool token_init(u8 seed, u64 *bound);
bool token_get(u8 seed, u8 **token, size_t *size);
bool token_finish(void);
void token_put(u8 *token);

#endif
