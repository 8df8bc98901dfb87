/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder against the assembler: each instruction is written as text here, assembled, and must
 * be read back as what it says.
 * sources: tdcall/decode.c
 * libs:
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tdcall/internal.h"
#include "x86_64/cpu.h"

/* Values of the registers: far apart, so that sums tell where they come from. */
#define R(n) (0x100000ULL * ((n) + 1))
#define RIP  0x40000000ULL

enum { AX, CX, DX, BX, SP, BP, SI, DI, R8, R9, R10, R11, R12, R13, R14, R15 };

/* text, access, memory bytes, register bytes, register, high, address, immediate. RIP-relative
 * ones: the address is that of the end of the instruction, plus. */
#define INSNS(X)                                                                                   \
	X("movb %al, (%rbx)", WRITE, 1, 1, AX, 0, R(BX), 0)                                        \
	X("movb %ah, (%rbx)", WRITE, 1, 1, AX, 1, R(BX), 0)                                        \
	X("movb %bh, 8(%rsi)", WRITE, 1, 1, BX, 1, R(SI) + 8, 0)                                   \
	X("movb %sil, (%rdx)", WRITE, 1, 1, SI, 0, R(DX), 0)                                       \
	X("movb %r14b, (%rdx)", WRITE, 1, 1, R14, 0, R(DX), 0)                                     \
	X("movw %cx, -2(%rdi)", WRITE, 2, 2, CX, 0, R(DI) - 2, 0)                                  \
	X("movl %edx, 0x1000(%rcx)", WRITE, 4, 4, DX, 0, R(CX) + 0x1000, 0)                        \
	X("movl %r9d, (%r12)", WRITE, 4, 4, R9, 0, R(R12), 0)                                      \
	X("movq %r10, -0x80000000(%r13)", WRITE, 8, 8, R10, 0, R(R13) - 0x80000000ULL, 0)          \
	X("movq %rax, (%rsp)", WRITE, 8, 8, AX, 0, R(SP), 0)                                       \
	X("movl %eax, (%rbx,%rsi,4)", WRITE, 4, 4, AX, 0, R(BX) + R(SI) * 4, 0)                    \
	X("movl %eax, 3(%r8,%r9,8)", WRITE, 4, 4, AX, 0, R(R8) + R(R9) * 8 + 3, 0)                 \
	X("movl %eax, (%rbx,%r12,2)", WRITE, 4, 4, AX, 0, R(BX) + R(R12) * 2, 0)                   \
	X("movl %eax, 0x10(,%rcx,2)", WRITE, 4, 4, AX, 0, R(CX) * 2 + 0x10, 0)                     \
	X("movl %eax, 0x12345678", WRITE, 4, 4, AX, 0, 0x12345678, 0)                              \
	X("movl %eax, 0(%rbp)", WRITE, 4, 4, AX, 0, R(BP), 0)                                      \
	X("movl %eax, 0(%r13)", WRITE, 4, 4, AX, 0, R(R13), 0)                                     \
	X("movl %eax, (%rsp,%rbp,1)", WRITE, 4, 4, AX, 0, R(SP) + R(BP), 0)                        \
	X("movb (%rbx), %cl", READ, 1, 1, CX, 0, R(BX), 0)                                         \
	X("movb (%rbx), %ch", READ, 1, 1, CX, 1, R(BX), 0)                                         \
	X("movb (%rbx), %dil", READ, 1, 1, DI, 0, R(BX), 0)                                        \
	X("movw (%rbx), %r8w", READ, 2, 2, R8, 0, R(BX), 0)                                        \
	X("movl (%rbx), %ebp", READ, 4, 4, BP, 0, R(BX), 0)                                        \
	X("movq (%r15), %r11", READ, 8, 8, R11, 0, R(R15), 0)                                      \
	X("movl 0x100(%rip), %eax", READ, 4, 4, AX, 0, RIP + 0x100, 0)                             \
	X("movl %es:(%rbx), %eax", READ, 4, 4, AX, 0, R(BX), 0)                                    \
	X("movzbl (%rax), %edx", READ_ZERO, 1, 4, DX, 0, R(AX), 0)                                 \
	X("movzbw (%rax), %dx", READ_ZERO, 1, 2, DX, 0, R(AX), 0)                                  \
	X("movzwl (%rax), %r9d", READ_ZERO, 2, 4, R9, 0, R(AX), 0)                                 \
	X("movzwq 7(%rax), %rsp", READ_ZERO, 2, 8, SP, 0, R(AX) + 7, 0)                            \
	X("movsbl (%rax), %edx", READ_SIGN, 1, 4, DX, 0, R(AX), 0)                                 \
	X("movsbq (%r8), %rdx", READ_SIGN, 1, 8, DX, 0, R(R8), 0)                                  \
	X("movswl (%rax), %esi", READ_SIGN, 2, 4, SI, 0, R(AX), 0)                                 \
	X("movslq 4(%rax), %r15", READ_SIGN, 4, 8, R15, 0, R(AX) + 4, 0)                           \
	X("movb $0x85, (%rax)", WRITE_VALUE, 1, 1, 0, 0, R(AX), 0xffffffffffffff85ULL)             \
	X("movw $0x1234, (%rax)", WRITE_VALUE, 2, 2, 0, 0, R(AX), 0x1234)                          \
	X("movl $0x80000001, 1(%r14)", WRITE_VALUE, 4, 4, 0, 0, R(R14) + 1, 0xffffffff80000001ULL) \
	X("movq $-2, (%rax,%rax,1)", WRITE_VALUE, 8, 8, 0, 0, R(AX) * 2, 0xfffffffffffffffeULL)    \
	X("movl $7, 0x20(%rip)", WRITE_VALUE, 4, 4, 0, 0, RIP + 0x20, 7)                           \
	X("movb $7, -0x20(%rip)", WRITE_VALUE, 1, 1, 0, 0, RIP - 0x20, 7)                          \
	X("movw $7, 0(%rip)", WRITE_VALUE, 2, 2, 0, 0, RIP, 7)

/* Each in 17 bytes: the instruction, INT3s, its length. */
#define ASSEMBLE(text, ...) "1:\t" text "\n2:\t.fill 16 - (2b - 1b), 1, 0xcc\n\t.byte 2b - 1b\n"
#define ENTRY(text, access, width, reg_width, reg, high, address, value)                           \
	{ text, ACCESS_##access, width, reg_width, reg, high, address, value },

extern const u8 assembled[][17], refused_insns[][17];

__asm__(".section .rodata\nassembled:\n" INSNS(ASSEMBLE) "\n.text\n");

static const struct {
	const char *text;
	enum tdx_access access;
	unsigned width, reg_width, reg, high;
	u64 address, value;
} cases[] = { INSNS(ENTRY) };

static struct trap_frame frame(void)
{
	struct trap_frame f = { .rip = RIP };

	for (unsigned i = 0; i < 16; i++)
		*tdx_register(&f, i) = R(i);
	return f;
}

static void as_the_assembler_says(void **state)
{
	struct trap_frame f = frame();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool relative = strstr(cases[i].text, "(%rip)") != NULL;
		unsigned length = assembled[i][16];
		struct tdx_insn insn;

		assert_int_equal(tdx_decode(assembled[i], 15, &f, &insn), ST_OK);
		assert_int_equal(insn.length, length);
		assert_int_equal(insn.access, cases[i].access);
		assert_int_equal(insn.width, cases[i].width);
		assert_int_equal(insn.reg_width, cases[i].reg_width);
		assert_int_equal(insn.reg, cases[i].reg);
		assert_int_equal(insn.high, cases[i].high);
		assert_int_equal(insn.address, cases[i].address + (relative ? length : 0));
		assert_int_equal(insn.value, cases[i].value);
	}
}

static void cut_short(void **state)
{
	struct trap_frame f = frame();
	struct tdx_insn insn;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned length = assembled[i][16];

		assert_int_equal(tdx_decode(assembled[i], length, &f, &insn), ST_OK);
		for (unsigned n = 0; n < length; n++)
			assert_int_equal(tdx_decode(assembled[i], n, &f, &insn), ST_TRUNCATED);
	}
}

#define REFUSED(X)                                                                                 \
	X("movl %eax, %ebx")                                                                       \
	X("movb %al, %bl")                                                                         \
	X("movzbl %al, %ebx")                                                                      \
	X("movl %fs:(%rax), %eax")                                                                 \
	X("movl %gs:8(%rax), %eax")                                                                \
	X("movl (%eax), %eax")                                                                     \
	X("lock orl $1, (%rax)")                                                                   \
	X("orl $1, (%rax)")                                                                        \
	X("addl %eax, (%rax)")                                                                     \
	X("xchgl %eax, (%rax)")                                                                    \
	X("lock cmpxchgl %ecx, (%rax)")                                                            \
	X("movsb")                                                                                 \
	X("rep movsq")                                                                             \
	X("stosl")                                                                                 \
	X("pushq (%rax)")                                                                          \
	X("popq (%rax)")                                                                           \
	X("callq *(%rax)")                                                                         \
	X("movd %xmm0, (%rax)")                                                                    \
	X("movups (%rax), %xmm1")                                                                  \
	X("movbe %eax, (%rax)")                                                                    \
	X("movnti %eax, (%rax)")                                                                   \
	X("movabsl 0x1122334455667788, %eax")                                                      \
	X("cmpl $0, (%rax)")                                                                       \
	X("testl %eax, (%rax)")                                                                    \
	X("btl $3, (%rax)")                                                                        \
	X("movw %ds, (%rax)")                                                                      \
	X("hlt")                                                                                   \
	X("int3")                                                                                  \
	X(".byte 0x63, 0x00")             /* MOVSXD without REX.W */                               \
	X(".byte 0xc7, 0x08, 0, 0, 0, 0") /* C7 /1 */                                              \
	X(".byte 0xc7, 0xf8, 0, 0, 0, 0") /* XBEGIN */                                             \
	X(".byte 0x48, 0x66, 0x89, 0x00") /* REX before another prefix */                          \
	X(".byte 0xf3, 0x89, 0x00")                                                                \
	X(".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x89")      \
	X(".byte 0x0f, 0xff, 0x00")

__asm__(".section .rodata\nrefused_insns:\n" REFUSED(ASSEMBLE) "\n.text\n");

#define TEXT(text) text,
static const char *const refused_text[] = { REFUSED(TEXT) };

static void nothing_else(void **state)
{
	struct trap_frame f = frame();
	struct tdx_insn insn;

	for (size_t i = 0; i < ARRAY_SIZE(refused_text); i++) {
		assert_int_equal(tdx_decode(refused_insns[i], 15, &f, &insn), ST_UNSUPPORTED);
	}
}

static void registers(void **state)
{
	struct trap_frame f = frame();
	u64 v = ~0ULL;

	assert_ptr_equal(tdx_register(&f, AX), &f.rax);
	assert_ptr_equal(tdx_register(&f, SP), &f.rsp);
	assert_ptr_equal(tdx_register(&f, DI), &f.rdi);
	assert_ptr_equal(tdx_register(&f, R15), &f.r15);
	tdx_merge(&v, 1, 0x1234);
	assert_int_equal(v, 0xffffffffffffff34ULL);
	tdx_merge(&v, 2, 0x1234);
	assert_int_equal(v, 0xffffffffffff1234ULL);
	tdx_merge(&v, 4, 0xaa00000055ULL);
	assert_int_equal(v, 0x55);
	tdx_merge(&v, 8, 0x1122334455667788ULL);
	assert_int_equal(v, 0x1122334455667788ULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_assembler_says),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(nothing_else),
		cmocka_unit_test(registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
