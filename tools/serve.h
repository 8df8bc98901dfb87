/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relying party of include/abi/release.h: gives a secret to a guest whose evidence holds.
 * `postern serve`, and `postern run` for a workload.
 *
 *   cmd_serve.c     command line, socket, what is printed
 *   serve.c         one conversation, from challenge to proof
 *   serve_frame.c   frames over a socket, bounded in size and in time
 *   serve_crypto.c  key agreement, sealing, proof, by OpenSSL
 *
 * What the guest says is hostile until its evidence was verified, and its proof is afterwards.
 */
#ifndef SERVE_H
#define SERVE_H

#include "abi/release.h"
#include "verify.h"

#define SERVE_SECONDS 300u /* a guest boots under an emulator before it says anything */

struct serve_config {
	struct bytes secret;         /* 1 to RELEASE_SECRET_MAX bytes */
	const char *kind;            /* of the image: "workload" */
	const struct roots *roots;   /* NULL only with any_signer */
	const struct expect *expect; /* NULL: any measurement */
	bool any_signer;             /* a chain that could not be checked is good enough */
	bool allow_debug;
	const u8 *challenge; /* tests: these RELEASE_CHALLENGE bytes; NULL: fresh ones */
	unsigned seconds;    /* for the whole conversation; 0: SERVE_SECONDS */
};

struct serve_outcome {
	/* EXIT_PASS: released, and the guest proved that it has the secret; a verify_reason:
	 * refused; EXIT_FAILED: released, and the proof is wrong; EXIT_INCOMPLETE: the guest went
	 * away or time ran out; EXIT_ENVIRONMENT: this side cannot do it. */
	int code;
	char text[320];              /* one line for people */
	bool released;               /* the secret went out */
	bool judged;                 /* evidence came, and `verify` says what was found */
	struct verify_result verify; /* points into the bytes below */
	u8 challenge[RELEASE_CHALLENGE];
	/* as they came; data NULL: did not come. Ours until serve_outcome_free(). */
	struct bytes key, evidence, certificates, log;
};

/* One conversation over a connected stream socket, which stays open. Fills o, returns o->code. */
int serve_conversation(int fd, const struct serve_config *c, struct serve_outcome *o);
void serve_outcome_free(struct serve_outcome *o);

/* ---- serve_frame.c ---- */
enum serve_io {
	SERVE_IO_OK,
	SERVE_IO_CLOSED,  /* the other side, or an error of the socket */
	SERVE_IO_TIMEOUT, /* the deadline passed */
	SERVE_IO_TYPE,    /* another frame than was due */
	SERVE_IO_SIZE,    /* of a size it cannot have */
	SERVE_IO_MEMORY
};

struct serve_line {
	int fd;
	s64 deadline_ms; /* serve_now_ms() when patience ends */
};

s64 serve_now_ms(void); /* CLOCK_MONOTONIC */
/* Reads the frame that is due, of min to max bytes (at most RELEASE_FRAME_MAX). *out is allocated
 * when it is SERVE_IO_OK: free((void *)out->data). */
enum serve_io serve_receive(const struct serve_line *l, enum release_frame type, size_t min,
			    size_t max, struct bytes *out);
enum serve_io serve_send(const struct serve_line *l, enum release_frame type, const u8 *payload,
			 size_t size);

/* ---- serve_crypto.c ---- */
struct serve_seal {
	u8 frame[RELEASE_POINT + RELEASE_IV + RELEASE_SECRET_MAX + RELEASE_TAG];
	size_t size;             /* of the SECRET frame's payload */
	u8 proof[RELEASE_PROOF]; /* what DONE must carry */
};
/* Is it an uncompressed point of P-256? */
bool serve_point_valid(struct bytes point);
/* Seals the secret to the guest's point by a key of this call's own. false: OpenSSL failed, or the
 * point is none; nothing of the secret is left in s. */
bool serve_seal(struct bytes point, const u8 challenge[RELEASE_CHALLENGE],
		const u8 report_data[REPORT_DATA_SIZE], struct bytes secret, struct serve_seal *s);

#endif
