/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The planted secret: SHA-256("postern planted secret" || le64 nonce), of a nonce that the host
 * gives by COOP_SECRET. The guest derives it and keeps it in private memory only; the host looks
 * for it in everything it can read. Any aligned or unaligned 8 of its 32 bytes, taken at multiples
 * of 8, are a find: an accident has a chance of 2^-62 per position.
 *
 * Found: violation "secret-leaked", once per place (secret_found() counts all). Any CPU may call.
 */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include "types.h"

#define SECRET_SIZE 32
#define SECRET_MAX  4 /* planted at most; more nonces replace the oldest */

/* A new nonce (never 0), different from all before it; `seed`: anything that varies. */
u64 secret_plant(u64 seed);
bool secret_planted(void);
/* Looks through memory the host can read; `name` and `base` (address of the first byte as the guest
 * knows it) are for the message. true: found. Without a planted secret nothing is looked at. */
bool secret_search(const char *name, u64 base, const void *data, size_t size);
/* A value of the guest that reached the host as it is: register, port, MMIO; width 1, 2, 4, 8
 * bytes. Narrow ones are put together to a stream, one for each width. */
void secret_seen(u64 value, unsigned width);
u64 secret_found(void);
u64 secret_searched(void); /* bytes of memory and of values looked through so far */
void secret_reset(void);
/* The derivation, for tests and hosts alike. */
void secret_derive(u64 nonce, u8 secret[SECRET_SIZE]);

#endif
