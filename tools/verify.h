/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verification of evidence: used by `postern verify`, `postern serve` and `postern run`.
 *
 *   verify.c        which platform's it is, freshness, expectations, log
 *   verify_rows.c   rows and the reason that follows from them
 *   verify_expect.c expectations, files, hexadecimal numbers
 *   verify_roots.c  trust anchors and collateral out of a directory
 *   verify_cca.c, verify_snp.c, verify_tdx.c  signatures, chain, policy of one platform
 *   cmd_verify.c    command line, table, JSON
 *
 * Signatures and chains are checked by OpenSSL; attest/ only parses.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "attest.h"
#include "postern.h"

/* Also the exit codes of `postern verify` (with 0, 2 and 4 as everywhere) and the reasons a relying
 * party sends. The first that failed, in the order of this list, is the one. */
enum verify_reason {
	VERIFY_HELD = 0,
	VERIFY_MALFORMED = 10,   /* does not parse, or is of a version we do not know */
	VERIFY_SIGNATURE = 11,   /* a signature over the evidence is wrong */
	VERIFY_BINDING = 12,     /* the parts do not belong together (RAK hash, attestation key) */
	VERIFY_CHAIN = 13,       /* the signer leads to no trusted root */
	VERIFY_FRESHNESS = 14,   /* report data is not what was asked for */
	VERIFY_KIND = 15,        /* it is that of another kind of image */
	VERIFY_MEASUREMENT = 16, /* launch measurement or a register is not the expected one */
	VERIFY_POLICY = 17,      /* debug allowed, VMPL, life cycle, ... */
	VERIFY_TCB = 18,         /* TCB lower than asked for, or revoked */
	VERIFY_LOG = 19,         /* the event log does not parse or does not replay */
	VERIFY_UNCHECKED = 20,   /* nothing failed, but the chain could not be checked: no roots */
};
const char *verify_reason_name(enum verify_reason r); /* "freshness"; never NULL */

enum verify_state { ROW_OK, ROW_FAILED, ROW_NOT_CHECKED, ROW_INFO };

struct verify_row {
	char name[32]; /* "realm signature", "debug", "reported TCB"; lower case but for names */
	enum verify_state state;
	enum verify_reason reason; /* of a row that failed or was not checked and had to be */
	char text[220];
};

#define VERIFY_ROWS 64

struct verify_result {
	const char *platform; /* "cca", "snp", "tdx"; NULL: unknown */
	enum verify_reason reason;
	size_t n;
	struct verify_row row[VERIFY_ROWS];
	/* from the evidence, once it parsed; empty: has none */
	struct bytes report_data, measurement, reg[4]; /* RTMR0..3, REM0..3 */
	size_t reg_size;
};

void verify_add(struct verify_result *r, enum verify_state state, enum verify_reason reason,
		const char *name, const char *fmt, ...) FORMAT_PRINTF(5, 6);

/* Hexadecimal digits, as many as fit; size includes the NUL. */
void verify_hex(char *out, size_t size, struct bytes b);

/* ---- trust anchors: every file of a directory, by content: PEM or DER certificates, PEM public
 * keys (CPAK), JSON with JWKs (as Veraison's trust anchors), other JSON (collateral), CRLs ---- */
#define ROOTS_MAX        64
#define INSTANCE_ID_SIZE 33
struct roots {
	size_t certs, keys, crls, jsons;
	X509 *cert[ROOTS_MAX];
	EVP_PKEY *key[ROOTS_MAX]; /* for CCA platform tokens */
	char key_name[ROOTS_MAX][64];
	/* The one instance id that key may speak for; first byte 0: the file names none. */
	u8 key_instance[ROOTS_MAX][INSTANCE_ID_SIZE];
	X509_CRL *crl[ROOTS_MAX];
	/* JSON without a JWK in it (TCB info, QE identity), as it lies in the file. */
	struct bytes json[ROOTS_MAX];
	char json_name[ROOTS_MAX][64];
	char bad[8]
		[160]; /* files or keys that could not be used, and why (a point off the curve) */
	size_t bad_count;
};
/* false: the directory or file cannot be read (errno). A file that is none of these is no error. */
bool roots_load(struct roots *r, const char *path);
/* One file's content, added; name: for messages. */
void roots_take(struct roots *r, const char *name, struct bytes content);
void roots_free(struct roots *r);
/* group: "P-256", "P-384"; an uncompressed point. NULL: none of that curve. */
EVP_PKEY *ec_public_key(const char *group, const u8 *point, size_t size);

/* ---- expectations: "name: value" lines as `postern measure` prints them, '#' comments ---- */
#define EXPECT_MAX 48
struct expect {
	size_t n;
	struct {
		char name[32], value[200];
	} item[EXPECT_MAX];
	char error[160]; /* of the file: name or value not understood, with the line */
};
bool expect_load(struct expect *e, const char *path); /* false: error says why */
bool expect_parse(struct expect *e, const char *text, size_t size);
bool expect_set(struct expect *e, const char *name, const char *value); /* replaces; as above */
const char *expect_value(const struct expect *e, const char *name);     /* NULL: not given */
bool expect_applies(const char *name, const char *platform);
#define CCA_LIFECYCLES                                                                             \
	"unknown,assembly-and-test,rot-provisioning,secured,non-rot-debug,recoverable-rot-debug,"  \
	"decommissioned"

struct verify_input {
	struct bytes evidence;     /* SNP: certificates may follow the report */
	struct bytes certificates; /* SNP certificate table; empty: none */
	struct bytes log;          /* data NULL: none */
	const u8 *report_data;     /* REPORT_DATA_SIZE bytes; NULL: see challenge */
	const u8 *challenge;       /* with kind and key instead; NULL: freshness not asked for */
	const char *kind;          /* "workload" */
	struct bytes key;
	const struct roots *roots;   /* NULL: chain not checked */
	const struct expect *expect; /* NULL: none */
	bool allow_debug;
	time_t now; /* certificates' validity; 0: now */
};

/* A row for a claim: ROW_INFO when nothing is expected of it, else ROW_OK or ROW_FAILED with the
 * reason. The row has the expectation's name. */
void verify_expect_bytes(const struct verify_input *in, struct verify_result *r,
			 enum verify_reason reason, const char *name, struct bytes is);
void verify_expect_number(const struct verify_input *in, struct verify_result *r,
			  enum verify_reason reason, const char *name, u64 is);

/* Fills r; never fails otherwise. Pointers in r lead into the input. */
void verify_evidence(const struct verify_input *in, struct verify_result *r);

/* Of one platform: rows of signature, chain and policy, and the claims in r. */
void verify_cca(const struct verify_input *in, struct verify_result *r);
void verify_snp(const struct verify_input *in, struct verify_result *r);
void verify_tdx(const struct verify_input *in, struct verify_result *r);

/* A table for people; JSON for programs. */
void verify_print(FILE *f, const struct verify_result *r);
void verify_json(FILE *f, const struct verify_result *r);

/* Whole file into memory; data NULL: cannot be read (errno) or larger than max. free(data). */
struct bytes file_read(const char *path, size_t max);
bool hex_parse(const char *hex, u8 *out, size_t size); /* exactly size bytes */

int cmd_verify(int argc, char **argv);
int cmd_serve(int argc, char **argv);

#endif
