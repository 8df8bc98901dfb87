/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control channel between coop checks and an x86 reference host: two I/O ports, reached as any port
 * of the platform is. Not a platform ABI: on a real host the ports read all ones, and the coop
 * checks are SKIP. Everything the host does here, an untrusted VMM could do to any guest at any
 * time.
 *
 * Write arguments to COOP_ARGUMENT (32 bits each, low word first, at most COOP_ARGUMENTS), then the
 * command to COOP_COMMAND; read the status from COOP_COMMAND, then results from COOP_ARGUMENT.
 */
#ifndef ABI_COOP_X86_H
#define ABI_COOP_X86_H

#define COOP_COMMAND      0x518u
#define COOP_ARGUMENT     0x51cu
#define COOP_ARGUMENTS    8

#define COOP_QUERY        0x00u       /* -> COOP_MAGIC, bit mask of commands supported */
#define COOP_MAGIC        0x74736f50u /* "Post" */
#define COOP_READ_SHARED  0x01u       /* gpa (2 words) -> u64 (2 words) the host reads there */
#define COOP_WRITE_SHARED 0x02u       /* gpa, value: the host writes a u64 */
#define COOP_RAISE        0x03u       /* vector: the host raises it on the calling CPU */
#define COOP_CONSOLE_SUM  0x04u       /* -> bytes, sum of byte values seen on the guest's console */
#define COOP_REMAP        0x05u       /* gpa: the host replaces the private page behind it */
#define COOP_COUNTERS     0x06u /* -> conversions asked for, all exits to the host (2 words each) */

#define COOP_OK           0x0u
#define COOP_BAD          0x1u        /* argument refused */
#define COOP_UNKNOWN      0xffffffffu /* command not supported, and what an absent port reads */

#endif
