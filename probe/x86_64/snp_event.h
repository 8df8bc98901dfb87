/* SPDX-License-Identifier: BSD-2-Clause */
/* What the checks of the GHCB protocol share (snp_ghcb.c). */
#ifndef SNP_EVENT_H
#define SNP_EVENT_H

#include "../checks.h"
#include "ghcb.h"

#define IOAPIC     0xfec00000ULL /* its first register holds what was written: the index */
#define UART_BYTE  0x3ffu        /* COM1's scratch register: nobody's, holds a byte */
#define POST_PORT  0x80u         /* of diagnostics: a write does nothing */
#define IOIO_8(p)  ((u64)(p) << GHCB_IOIO_PORT_LO | GHCB_IOIO_SIZE8 | GHCB_IOIO_ADDR64)
#define IOIO_32(p) ((u64)(p) << GHCB_IOIO_PORT_LO | GHCB_IOIO_SIZE32 | GHCB_IOIO_ADDR64)

/* One event with the fields *c names and the three every event has. False: there was no answer, and
 * that has been said. */
bool snp_event(struct ghcb_call *c, u64 code, u64 info1, u64 info2);
/* The same with the scratch address `at` bytes into this CPU's shared buffer. */
bool snp_event_scratch(struct ghcb_call *c, u64 code, u64 info1, u64 info2, u64 at);
/* INFO1 of the answer says it was done. */
bool expect_done(const char *asked, const struct ghcb_call *c);
/* INFO1 2 (malformed), INFO2 that GHCB_ERR_*. */
bool expect_malformed(const char *asked, const struct ghcb_call *c, u64 error);
/* The range is all ones where no such device is: says the skip. */
bool ioapic_there(void);

#endif
