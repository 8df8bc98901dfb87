/* SPDX-License-Identifier: BSD-2-Clause */
/* Called from boot/arm64/head.S. */
#ifndef ARM64_START_H
#define ARM64_START_H

#include "handoff.h"

extern struct handoff boot_handoff;

void start_early(void);             /* uses the early stack only */
NORETURN void start_image(u64 dtb); /* Image protocol */
NORETURN void start_common(void);   /* boot_handoff filled, MMU off, EL1 */

#endif
