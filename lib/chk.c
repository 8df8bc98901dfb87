/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Debian's hardening flags (_FORTIFY_SOURCE, stack protector) make the libraries call. A
 * failed check is an overflow in progress: nothing on this stack may be used or returned to.
 */
#include <string.h>

#include "types.h"

/* Supplied by each image: the named stop. */
NORETURN void stack_smashed(void);

NORETURN void __stack_chk_fail(void);
void *__memcpy_chk(void *dst, const void *src, size_t n, size_t room);
void *__memmove_chk(void *dst, const void *src, size_t n, size_t room);
void *__memset_chk(void *dst, int c, size_t n, size_t room);

#ifdef __aarch64__
/* There is no secret to take before the first call, so the value is public and of the terminator
 * kind: a string overflow cannot write its NUL, CR and LF and go on. x86-64 has it at %fs:0x28. */
extern uintptr_t __stack_chk_guard;
uintptr_t __stack_chk_guard = 0xff0a0d00b7e15162;
#endif

void __stack_chk_fail(void)
{
	stack_smashed();
}

void *__memcpy_chk(void *dst, const void *src, size_t n, size_t room)
{
	if (n > room)
		stack_smashed();
	return memcpy(dst, src, n);
}

void *__memmove_chk(void *dst, const void *src, size_t n, size_t room)
{
	if (n > room)
		stack_smashed();
	return memmove(dst, src, n);
}

void *__memset_chk(void *dst, int c, size_t n, size_t room)
{
	if (n > room)
		stack_smashed();
	return memset(dst, c, n);
}
