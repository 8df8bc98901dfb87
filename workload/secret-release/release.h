/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's side of include/abi/release.h, as a workload that can be taken over:
 *
 *   main.c     what this sample does with it
 *   release.c  the conversation; whatever the host and the party behind it say is hostile
 *   keys.c     key pair, key agreement, opening of the secret, proof, by BearSSL
 *
 * All that is secret lies in one struct, in private memory: the private key, the keys agreed on,
 * the frame in which the secret is opened where it came to lie. read() copies out of the shared
 * pages before anything is looked at, so they never hold more than ciphertext.
 */
#ifndef RELEASE_SAMPLE_H
#define RELEASE_SAMPLE_H

#include "abi/release.h"
#include "workload.h"

#define RELEASE_PATIENCE_NS 60000000000ULL /* for one frame of the party's */
#define RELEASE_SECRET_FRAME                                                                       \
	(RELEASE_POINT + RELEASE_IV + RELEASE_SECRET_MAX + RELEASE_TAG) /* the largest one */

struct release {
	const struct workload *w;
	struct stream *stream;
	/* w->evidence; the tests have a guest that lies here */
	enum status (*evidence)(const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
				struct evidence *out);
	u32 platform; /* enum release_platform */
	u8 challenge[RELEASE_CHALLENGE], report_data[REPORT_DATA_SIZE];
	u8 private_key[32], point[RELEASE_POINT];
	u8 cipher_key[32], confirm_key[32];
	u8 proof[RELEASE_PROOF];
	u8 frame[RELEASE_SECRET_FRAME];
	const u8 *secret; /* into frame; NULL: none yet */
	size_t secret_size;
};

/* ---- release.c: each says in the log what went wrong ---- */
/* The state, the stream (options word "vsock": vsock, else the console port) and a key pair. NULL:
 * cannot; nothing is left behind. */
struct release *release_begin(const struct workload *w);
/* From HELLO to the opened secret. ST_DENIED: the party refused, and its reason was printed. */
enum status release_receive(struct release *r);
/* DONE. */
enum status release_prove(struct release *r);
/* Closes the stream; zeroes keys and secret and gives their memory back. */
void release_end(struct release *r);
enum status release_send(struct release *r, u32 type, struct bytes payload);

/* ---- keys.c ---- */
/* ST_UNSUPPORTED: the CPU has no source of random numbers; ST_NO_PROGRESS: it has, and none of them
 * will do as a key. */
enum status release_make_key(struct release *r);
/* Opens the SECRET frame of `size` bytes in r->frame in place. ST_CORRUPT: not the party's point,
 * or not sealed to us, to this conversation and to this evidence. */
enum status release_open(struct release *r, size_t size);

#endif
