/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions as a host injects them: frames of the wrong size, interrupts while masked, #VC inside
 * #VC, and an exception at an instruction that nobody armed.
 * sources: boot/x86_64/trap.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/ghcb.h"
#include "fatal.h"
#include "x86_64/cpu.h"

#define IF_SET 0x202u
#define GUARD  0x811000u

static struct {
	jmp_buf out;
	enum status fatal;
	unsigned interrupts, nmis_done, flushes;
	bool storm, flush;
	unsigned stack[8], stacks; /* cpu_platform_stack(), in order */
} w;
static struct cpu self;

struct cpu *cpu_self(void)
{
	return &self;
}

unsigned arch_cpu_index(void)
{
	return 0;
}

void cpu_platform_stack(struct cpu *c, unsigned ist)
{
	assert_ptr_equal(c, &self);
	w.stack[w.stacks++] = ist;
}

bool irq_dispatch(unsigned vector)
{
	w.interrupts++;
	return !w.storm;
}

bool mmu_flush_requested(void)
{
	w.flushes += w.flush;
	return w.flush;
}

void print(const char *fmt, ...)
{
}

void fatal(enum status st, const char *fmt, ...)
{
	w.fatal = st;
	longjmp(w.out, 1);
}

static void nmi_done(void)
{
	w.nmis_done++;
}

static int setup(void **state)
{
	memset(&w, 0, sizeof(w));
	memset(&self, 0, sizeof(self));
	trap_platform = NULL;
	trap_nmi_done = nmi_done;
	return 0;
}

#define ENDS(st, call)                                                                             \
	do {                                                                                       \
		w.fatal = ST_OK;                                                                   \
		if (setjmp(w.out) == 0) {                                                          \
			call;                                                                      \
			fail_msg("went on");                                                       \
		}                                                                                  \
		assert_int_equal(w.fatal, st);                                                     \
	} while (0)

static struct trap_frame *frame(u64 vector, u64 error, u64 rip)
{
	static struct trap_frame f __attribute__((aligned(16)));

	f = (struct trap_frame){
		.vector = vector, .error = error, .rip = rip, .cs = 8, .rflags = IF_SET, .ss = 0x10
	};
	return &f;
}

/* One word too many, one too few: the words of the frame are not where they seem to be. */
static void frames_of_the_wrong_size(void **state)
{
	static u64 place[40] __attribute__((aligned(16)));
	static const u64 vectors[] = { 2, 3, 6, 13, 14, 20, 29, 32, 240, 255 };

	for (volatile size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct trap_frame *f = (struct trap_frame *)(void *)&place[1];

		memcpy(f, frame(vectors[i], 0, GUARD), sizeof(*f));
		self.guard_pc = GUARD;
		ENDS(ST_PROTOCOL, trap_dispatch(f));
		assert_int_equal(self.guard_pc, GUARD);
		assert_int_equal(w.interrupts + w.nmis_done, 0);
	}
}

static void interrupts_while_masked(void **state)
{
	struct trap_frame *f = frame(241, 0, GUARD);

	trap_dispatch(f);
	assert_int_equal(w.interrupts, 1);
	assert_int_equal(f->rflags, IF_SET);
	w.storm = true;
	trap_dispatch(f);
	assert_int_equal(f->rflags, IF_SET & ~0x200u);
	w.storm = false;
	trap_dispatch(f); /* masked, on another stack: counted */
	assert_int_equal(w.interrupts, 3);
	f->rsp = cpu_self()->ist_base + IST_IRQ * CPU_IST_BYTES - 64;
	ENDS(ST_PROTOCOL, trap_dispatch(f));
	assert_int_equal(w.interrupts, 3);
}

static void nmis(void **state)
{
	struct trap_frame *f = frame(2, 0, GUARD);

	f->rflags = 2; /* masked or not */
	w.flush = true;
	trap_dispatch(f);
	assert_int_equal(w.flushes, 1);
	assert_int_equal(w.interrupts, 0);
	w.flush = false;
	trap_dispatch(f);
	assert_int_equal(w.interrupts, 1);
	assert_int_equal(w.nmis_done, 2);
	w.storm = true;
	ENDS(ST_PROTOCOL, trap_dispatch(f));
	trap_nmi_done = NULL;
	w.storm = false;
	trap_dispatch(f);
	assert_int_equal(w.nmis_done, 2);
}

static unsigned nest;

static bool handler(struct trap_frame *f)
{
	struct trap_frame inner __attribute__((aligned(16))) = *f;

	assert_int_equal(w.stack[w.stacks - 1], IST_PLATFORM_NESTED);
	if (nest > 0) {
		nest--;
		trap_dispatch(&inner);
	}
	f->rip += 2;
	return true;
}

/* The one inside has a stack of its own; a third would start where the second did. */
static void platform_exceptions_nest_once(void **state)
{
	struct trap_frame *f = frame(VECTOR_VC, 0x72, GUARD);

	trap_platform = handler;
	nest = 1;
	trap_dispatch(f);
	assert_int_equal(f->rip, GUARD + 2);
	assert_int_equal(self.platform_depth, 0);
	assert_int_equal(w.stacks, 3);
	assert_int_equal(w.stack[2], IST_PLATFORM);
	nest = 2;
	ENDS(ST_PROTOCOL, trap_dispatch(frame(VECTOR_VC, 0x72, GUARD)));
}

static bool refuses(struct trap_frame *f)
{
	return false;
}

static void only_what_is_armed_recovers(void **state)
{
	static const struct {
		u64 vector, error;
		enum fault_class class;
	} cases[] = {
		{ 6, 0, FAULT_UNDEFINED },
		{ 13, 0, FAULT_OTHER },
		{ VECTOR_VC, GHCB_EXIT_NOT_VALIDATED, FAULT_DATA_EXTERNAL },
		{ VECTOR_VC, 0x72, FAULT_OTHER },
		{ VECTOR_VE, 0, FAULT_OTHER },
	};

	trap_platform = refuses;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trap_frame *f = frame(cases[i].vector, cases[i].error, GUARD);

		self.guard_pc = GUARD;
		self.guard_resume = GUARD + 9;
		self.guard_rsp = 0x7000;
		trap_dispatch(f);
		assert_int_equal(f->rip, GUARD + 9);
		assert_int_equal(f->rsp, 0x7000);
		assert_int_equal(self.guard_pc, 0);
		assert_int_equal(self.fault.class, cases[i].class);
		assert_int_equal(self.fault.syndrome, cases[i].vector << 32 | cases[i].error);
	}
	self.guard_pc = GUARD;
	trap_dispatch(frame(3, 0, GUARD + 1)); /* #BP comes after its instruction */
	assert_int_equal(self.fault.class, FAULT_BREAKPOINT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(frames_of_the_wrong_size),      T(interrupts_while_masked),     T(nmis),
		T(platform_exceptions_nest_once), T(only_what_is_armed_recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
