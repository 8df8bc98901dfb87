/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events through the GHCB page. The host can write the page at any moment, so each word is read
 * once, into private memory, after the exit; and nothing is taken that the host did not mark valid.
 *
 * An NMI may come while the page is in use. The use inside copies the page away and back; a third
 * one has no place to go.
 */
#include "arch.h"
#include "internal.h"

#define USES_MAX      2u
#define VECTOR_UD     6u
#define VECTOR_GP     13u

#define BITMAP_WORDS  (GHCB_BITMAP_SIZE / 8)
#define PAGE_WORDS    (GHCB_SIZE / 8)
#define FIELD_BIT(at) BIT((at) / 8 % 64)

struct ghcb_cpu ghcb_cpus[SMP_MAX_CPUS];
u16 ghcb_version = GHCB_VERSION_SNP;

static const u16 offset_of[GF_COUNT] = {
	[GF_CPL] = GHCB_CPL & ~7, [GF_XSS] = GHCB_XSS,           [GF_DR7] = GHCB_DR7,
	[GF_RAX] = GHCB_RAX,      [GF_RCX] = GHCB_RCX,           [GF_RDX] = GHCB_RDX,
	[GF_RBX] = GHCB_RBX,      [GF_EXITCODE] = GHCB_EXITCODE, [GF_INFO1] = GHCB_INFO1,
	[GF_INFO2] = GHCB_INFO2,  [GF_SCRATCH] = GHCB_SCRATCH,   [GF_XCR0] = GHCB_XCR0,
};

struct ghcb_cpu *ghcb_this_cpu(void)
{
	return &ghcb_cpus[arch_cpu_index()];
}

u64 ghcb_gpa(void)
{
	return (u64)(uintptr_t)ghcb_this_cpu()->page;
}

u64 ghcb_buffer_gpa(void)
{
	u64 gpa = ghcb_gpa();

	return gpa == 0 ? 0 : gpa + GHCB_BUFFER;
}

static volatile u64 *word_at(u8 *page, size_t offset)
{
	return (volatile u64 *)(page + offset);
}

static void copy_page(u8 *to, u8 *from)
{
	for (size_t i = 0; i < PAGE_WORDS; i++)
		*word_at(to, i * 8) = *word_at(from, i * 8);
}

static void write_call(u8 *page, const struct ghcb_call *c)
{
	u64 bitmap[BITMAP_WORDS] = { 0 };

	for (size_t i = 0; i < GHCB_SAVE_END; i += 8)
		*word_at(page, i) = 0; /* nothing of an earlier event is shown again */
	for (unsigned f = 0; f < GF_COUNT; f++) {
		u16 at = offset_of[f];

		if ((c->set & 1u << f) == 0)
			continue;
		if (f == GF_CPL)
			*(volatile u8 *)(page + GHCB_CPL) = (u8)c->value[f];
		else
			*word_at(page, at) = c->value[f];
		if ((c->unmarked & 1u << f) == 0)
			bitmap[at / 8 / 64] |= FIELD_BIT(at);
	}
	for (unsigned i = 0; i < BITMAP_WORDS; i++)
		*word_at(page, GHCB_BITMAP + 8 * i) = bitmap[i];
	*(volatile u16 *)(page + GHCB_VERSION) = c->version != 0 ? c->version : ghcb_version;
	*(volatile u32 *)(page + GHCB_USAGE) = c->usage;
	for (size_t i = 0; i < c->in; i++)
		*(volatile u8 *)(page + GHCB_BUFFER + i) = c->buffer[i];
}

static void read_answer(u8 *page, struct ghcb_call *c)
{
	u64 bitmap[BITMAP_WORDS];

	for (unsigned i = 0; i < BITMAP_WORDS; i++)
		bitmap[i] = *word_at(page, GHCB_BITMAP + 8 * i);
	c->got = 0;
	for (unsigned f = 0; f < GF_COUNT; f++) {
		u16 at = offset_of[f];

		if (f == GF_CPL || (bitmap[at / 8 / 64] & FIELD_BIT(at)) == 0)
			continue;
		c->value[f] = *word_at(page, at);
		c->got |= 1u << f;
	}
	for (size_t i = 0; i < c->out; i++)
		c->buffer[i] = *(volatile u8 *)(page + GHCB_BUFFER + i);
}

static void count_event(const struct ghcb_call *c)
{
	u64 code = c->value[GF_EXITCODE];

	if (code == GHCB_EXIT_PSC)
		ghcb_count(&ghcb_counters.psc_exits);
	else if (code == GHCB_EXIT_GUEST_REQUEST || code == GHCB_EXIT_EXT_REQUEST)
		ghcb_count(&ghcb_counters.guest_requests);
}

static void ask_host(struct ghcb_cpu *g)
{
	insn_set_ghcb_msr((u64)(uintptr_t)g->page);
	insn_vmgexit();
}

enum status ghcb_call(struct ghcb_call *c)
{
	struct ghcb_cpu *g;
	bool irqs, nested;
	u64 msr = 0;
	u32 uses;

	if (c->in > GHCB_BUFFER_SIZE || c->out > GHCB_BUFFER_SIZE)
		return ST_INVALID;
	irqs = arch_irq_save();
	g = ghcb_this_cpu();
	uses = g->uses;
	if (g->page == NULL || uses >= USES_MAX) {
		arch_irq_restore(irqs);
		return g->page == NULL ? ST_STATE : ST_TOO_DEEP;
	}
	g->uses++;
	nested = g->exchanges != 0;
	g->exchanges++;
	if (nested)
		msr = insn_ghcb_msr();
	if (uses != 0)
		copy_page(g->backup, g->page);
	count_event(c);
	write_call(g->page, c);
	ask_host(g);
	read_answer(g->page, c);
	if (uses != 0)
		copy_page(g->page, g->backup);
	if (nested)
		insn_set_ghcb_msr(msr);
	g->exchanges--;
	g->uses--;
	arch_irq_restore(irqs);
	return ST_OK;
}

/* Only the two exceptions an instruction of ours can raise for a reason the host knows; anything
 * else would let the host call a handler of its choice. */
static enum status judge_exception(u64 inj, struct ghcb_exception *x)
{
	u64 vector = inj & GHCB_INJ_VECTOR_MASK;
	bool has_error = (inj & GHCB_INJ_HAS_ERROR) != 0;

	if (x == NULL || (inj & GHCB_INJ_VALID) == 0 ||
	    FIELD(inj, 10, 8) != GHCB_INJ_TYPE_EXCEPTION)
		return ST_PROTOCOL;
	if (vector != VECTOR_UD && vector != VECTOR_GP)
		return ST_PROTOCOL;
	x->vector = (unsigned)vector;
	x->error = has_error && vector == VECTOR_GP ? (u32)(inj >> GHCB_INJ_ERROR_LO) : 0;
	return ST_FAULT;
}

enum status ghcb_judge(const struct ghcb_call *c, u32 required, struct ghcb_exception *x)
{
	if ((c->got & (GF(INFO1) | GF(INFO2))) != (GF(INFO1) | GF(INFO2)))
		return ST_PROTOCOL;
	switch ((u32)c->value[GF_INFO1]) {
	case GHCB_RESULT_OK:
		return (c->got & required) == required ? ST_OK : ST_PROTOCOL;
	case GHCB_RESULT_EXCEPTION:
		return judge_exception(c->value[GF_INFO2], x);
	case GHCB_RESULT_MALFORMED:
		return ST_INVALID;
	default:
		return ST_PROTOCOL;
	}
}

enum status ghcb_event(struct ghcb_call *c, u64 code, u64 info1, u64 info2, u32 required,
		       struct ghcb_exception *x)
{
	enum status st;

	c->value[GF_EXITCODE] = code;
	c->value[GF_INFO1] = info1;
	c->value[GF_INFO2] = info2;
	c->set |= GF_REQUEST;
	st = ghcb_call(c);
	return st == ST_OK ? ghcb_judge(c, required, x) : st;
}

/*
 * Not by ghcb_call(): once the host has answered, the next NMI may come at any instruction of what
 * follows, and on and on. So every step can be done again by the NMI inside: the copy is taken only
 * when none is kept, and put back as often as wanted.
 */
void ghcb_nmi_complete(void)
{
	struct ghcb_cpu *g = ghcb_this_cpu();
	struct ghcb_call c = { .set = GF_REQUEST };

	if (g->page == NULL) {
		g->nmi_owed = true; /* as soon as there is a page */
		return;
	}
	g->nmi_owed = false;
	if (!g->nmi_saved) {
		g->nmi_msr = insn_ghcb_msr();
		copy_page(g->nmi_backup, g->page);
		g->nmi_saved = true;
	}
	c.value[GF_EXITCODE] = GHCB_EXIT_NMI_COMPLETE;
	write_call(g->page, &c);
	ask_host(g);
	copy_page(g->page, g->nmi_backup);
	insn_set_ghcb_msr(g->nmi_msr);
	__atomic_store_n(&g->nmi_saved, false, __ATOMIC_RELEASE);
}
