/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secret release between a workload and a relying party, over one byte stream. Ours; numbers only,
 * each side has its own code.
 *
 * Frame: u32 LE type, u32 LE size (of what follows, at most RELEASE_FRAME_MAX), payload.
 *
 *   guest   HELLO      u32 LE version (RELEASE_VERSION), u32 LE platform (enum release_platform)
 *   party   CHALLENGE  64 bytes, fresh for this conversation
 *   guest   KEY        65 bytes: P-256 point, uncompressed, made for this conversation
 *   guest   EVIDENCE   token, report or quote, bound to kind, challenge and key (attest.h)
 *   guest   CERTS      SNP: certificate table; may be empty
 *   guest   LOG        event log; may be empty
 *   party   SECRET     65 bytes: point of the party's own fresh key; 12 bytes IV, ciphertext,
 *                      16 bytes tag
 *   party   REFUSED    or this, in place of either: u32 LE reason (exit code of `postern verify`),
 *                      text
 *   guest   DONE       32 bytes: HMAC-SHA-256 by the confirmation key over challenge || secret:
 *                      the key alone would only prove that the guest could have opened it
 *
 * Keys: Z = x coordinate of the shared point; HKDF-SHA-256, salt = challenge, info = RELEASE_INFO
 * (without its NUL) || guest's point || party's point; 64 bytes: AES-256-GCM key, confirmation key.
 * Additional data of the GCM: the report data. The party is not authenticated: a workload that must
 * know whom it serves carries that party's key in its image.
 */
#ifndef ABI_RELEASE_H
#define ABI_RELEASE_H

#define RELEASE_VERSION    1u
#define RELEASE_FRAME_HEAD 8u
#define RELEASE_FRAME_MAX  0x20000u
#define RELEASE_INFO       "postern secret release 1"
#define RELEASE_POINT      65u
#define RELEASE_CHALLENGE  64u
#define RELEASE_IV         12u
#define RELEASE_TAG        16u
#define RELEASE_PROOF      32u
#define RELEASE_SECRET_MAX 4096u
#define RELEASE_VSOCK_PORT 4433u

enum release_frame {
	RELEASE_HELLO = 1,
	RELEASE_CHALLENGE_FRAME = 2,
	RELEASE_KEY = 3,
	RELEASE_EVIDENCE = 4,
	RELEASE_CERTS = 5,
	RELEASE_LOG = 6,
	RELEASE_SECRET = 7,
	RELEASE_REFUSED = 8,
	RELEASE_DONE = 9,
};

enum release_platform { RELEASE_CCA = 1, RELEASE_SNP = 2, RELEASE_TDX = 3 };

#endif
