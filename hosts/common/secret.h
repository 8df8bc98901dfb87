/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The planted secret: SHA-256("postern planted secret" || le64 nonce), of a nonce that the host
 * gives by COOP_SECRET. The guest derives it and keeps it in private memory only; the host looks
 * for it in everything it can read. Any aligned or unaligned 8 of its 32 bytes, taken at multiples
 * of 8, are a find: an accident has a chance of 2^-62 per position.
 *
 * A watched secret is the user's own: what a relying party is going to release to the guest. The
 * guest learns it from that party alone, the host from its configuration, and looks for its 8-byte
 * parts in the same places.
 *
 * Found: violation "secret-leaked", once per place (secret_found() counts all). Any CPU may call.
 */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include "types.h"

#define SECRET_SIZE      32
#define SECRET_MAX       4 /* planted at most; more nonces replace the oldest */

#define SECRET_WATCH_MIN 8 /* bytes; fewer turn up by accident */
#define SECRET_WATCH_MAX 256

/* A new nonce (never 0), different from all before it; `seed`: anything that varies. */
u64 secret_plant(u64 seed);
/* Hex of the secret to look for, once; "": none. false: no hex, too short, too long, or it has 8
 * equal bytes in a row at a multiple of 8 (or at its end), which unused memory has, too. */
bool secret_watch(const char *hex);
/* More to look for, beside what is watched already: at most SECRET_MORE_MAX bytes in all;
 * conditions as above. What secret_watch() is given later replaces all of it. */
#define SECRET_MORE_MAX 64
bool secret_watch_bytes(const u8 *bytes, size_t n);
bool secret_planted(void); /* or watched: there is something to look for */
/* Looks through memory the host can read; `name` and `base` (address of the first byte as the guest
 * knows it) are for the message. true: found. Without a secret nothing is looked at. */
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
