/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence, parsed without trusting any length in it (attest/). Pure C, no allocation; also linked
 * by the tool.
 */
#ifndef ATTEST_H
#define ATTEST_H

#include "status.h"
#include "types.h"

struct bytes {
	const u8 *data;
	size_t size;
};

/* Claims of a CCA token (DEN0137; arm-cca sheet section 9.3); pointers into the token. Both outer
 * forms (tag 399 and 907), both RAK forms. Absent optional claims have data == NULL. */
struct cca_token {
	struct bytes platform_sign1, realm_sign1; /* whole COSE_Sign1 */
	struct bytes platform_payload, realm_payload;
	struct bytes platform_protected, realm_protected, platform_signature, realm_signature;
	int platform_alg, realm_alg; /* COSE: -35 ES384, -7 ES256 */
	struct bytes challenge, rpv, rak, rim, rem[4];
	struct bytes realm_hash_alg, rak_hash_alg, realm_profile; /* text */
	u8 rak_point[97]; /* uncompressed P-384 point, whichever form the claim had */
	struct bytes platform_challenge, implementation_id, instance_id, platform_profile, config;
	struct bytes components, service, component_hash_alg; /* an encoded array; texts */
	u64 lifecycle;
	enum cca_mec { CCA_MEC_ABSENT, CCA_MEC_SHARED, CCA_MEC_PRIVATE } mec;
	/* The key of the first claim that the profile does not define, encoded; data NULL: none.
	 * A guest goes on without such a claim. The profiles' claim sets are closed (draft-ffm-rats
	 * CDDL), so a verifier, who must not read less than what was signed, refuses it. */
	struct bytes spurious;
	/* After a failure: which part ("collection", "realm token", "realm claims", "realm key",
	 * "platform token", "platform claims") and, where one is to blame, which claim (else 0). */
	const char *part;
	s64 claim;
};

/* ST_NOT_FOUND: a mandatory claim (or half of the token) is missing. ST_UNSUPPORTED: profile,
 * algorithm or form we do not know. ST_TRUNCATED, ST_CORRUPT. */
enum status cca_token_parse(const u8 *token, size_t size, struct cca_token *out);
/* The claims alone, which nobody signed: only their fields of out are set. As above, and
 * ST_UNSUPPORTED with out->spurious set: a claim that no profile defines. */
enum status cca_realm_claims_parse(const u8 *claims, size_t size, struct cca_token *out);
enum status cca_platform_claims_parse(const u8 *claims, size_t size, struct cca_token *out);

/* attest/cca_check.c, on a token that parsed: ST_OK or ST_CORRUPT. */
enum status cca_check_binding(const struct cca_token *t); /* platform challenge == H(RAK claim) */
enum status cca_check_realm_signature(const struct cca_token *t); /* by the RAK inside */
/* Form only (r and s are not zero): the CPAK is not the guest's to know. */
enum status cca_check_platform_signed(const struct cca_token *t);

/* What a TDREPORT and a quote say of a TD (TDX module ABI; intel-tdx sheet sections 11 and 12);
 * pointers into the evidence. */
struct tdx_claims {
	u64 attributes, xfam, seam_attributes;
	struct bytes tcb_svn, tcb_svn2;    /* 16; the second empty before TDX 1.5 */
	struct bytes mrseam, mrsignerseam; /* 48 each, as all below */
	struct bytes mrtd, mrconfigid, mrowner, mrownerconfig, rtmr[4];
	struct bytes servtd;      /* SERVTD_HASH, in quotes MRSERVICETD; empty before TDX 1.5 */
	struct bytes report_data; /* 64 */
};

/* A TDREPORT: only the platform that made it can check its MAC. */
struct tdx_report {
	unsigned version; /* 1: a service TD is bound */
	u64 valid;        /* which fields of the TCB information are there */
	struct bytes cpusvn, tcb_info_hash, info_hash, mac;
	struct bytes tcb_info, info; /* what the two hashes are of */
	struct tdx_claims claims;
};

/* attest/tdx_report.c. ST_TRUNCATED, ST_CORRUPT; ST_UNSUPPORTED: not the report of a TD. */
enum status tdx_report_parse(const u8 *report, size_t size, struct tdx_report *out);
enum status tdx_report_check(const struct tdx_report *r); /* both hashes: ST_OK or ST_CORRUPT */

/* A quote of version 4 or 5 with ECDSA P-256, QE report and PCK chain. */
struct tdx_quote {
	unsigned version;
	struct bytes signed_part;                /* header and body */
	struct bytes signature, attestation_key; /* 64 each: r, s; x, y */
	struct bytes qe_report, qe_signature;    /* 384; 64, by the PCK key */
	struct bytes auth, pck_chain;            /* as long as they say; the chain is PEM */
	struct bytes extra;                      /* what follows the quote: signed by nobody */
	struct tdx_claims claims;
};

/* attest/tdx_quote.c. The chain is not read: whom to trust is for a verifier with a root. */
enum status tdx_quote_parse(const u8 *quote, size_t size, struct tdx_quote *out);
/* On a quote that parsed, ST_OK or ST_CORRUPT: the QE report names the attestation key; the quote
 * is signed by that key. */
enum status tdx_quote_check_binding(const struct tdx_quote *q);
enum status tdx_quote_check_signature(const struct tdx_quote *q);

/*
 * An SNP attestation report (56860 7.3; amd-snp sheet section 17), pointers into it. Fields that
 * versions before 3 (family, model, stepping) or 5 (mitigation vectors) lack are 0.
 */
struct snp_report {
	u32 version, guest_svn, vmpl, signature_algo, key_info;
	u64 policy, platform_info, current_tcb, reported_tcb, committed_tcb, launch_tcb;
	u64 launch_mit, current_mit;
	u8 family, model, stepping;
	struct bytes report_data, measurement, host_data, id_key, author_key, report_id,
	    report_id_ma, chip_id;
	struct bytes reserved[8]; /* zero in this version; data NULL: none here */
	struct bytes r, s;        /* of the signature: little-endian, 72 bytes of which 48 count */
	struct bytes signed_part;
};

/* ST_TRUNCATED: fewer bytes than a report has; what follows one is nobody's. */
enum status snp_report_parse(const u8 *data, size_t size, struct snp_report *out);
/* Forms every report has: ST_UNSUPPORTED: version below 2 or another algorithm; ST_CORRUPT: policy
 * bit 17 clear, or a reserved byte set. */
enum status snp_report_check_form(const struct snp_report *r);
/* Form only, as above: r and s are numbers of 48 bytes and not zero. */
enum status snp_report_check_signed(const struct snp_report *r);

/* The certificate table that comes with a report (56421), pointers into it. data NULL: not there.
 */
struct snp_certs {
	size_t count; /* entries, those of unknown kind too */
	struct bytes ark, ask, vcek, vlek, crl;
};

/*
 * ST_TRUNCATED: no terminator; ST_RANGE: a certificate outside of size; ST_OVERLAP: in the table or
 * in another; ST_CORRUPT: the same kind twice, or not one DER element of its length.
 */
enum status snp_certs_parse(const u8 *table, size_t size, struct snp_certs *out);

/* ---- attest/bind.c ---- */
#define REPORT_DATA_SIZE  64
#define EVIDENCE_KIND_MAX 15 /* characters of an image's kind: "probe", "workload", "firmware" */

/*
 * What evidence is bound to: SHA-512 over "postern evidence" (16 bytes), the image's kind (16
 * bytes, zero padded), the caller's 64 bytes, the key's size (u32, little-endian) and the key (data
 * NULL: none). So no image can speak for another kind, no answer is good for a second challenge,
 * and no key can be exchanged on the way. ST_INVALID: kind empty or too long.
 */
enum status evidence_bind(const char *kind, const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
			  u8 report_data[REPORT_DATA_SIZE]);

/*
 * ---- event log (attest/evlog.c; TCG PC Client Platform Firmware Profile, crypto-agile format,
 * with the CC measurement register's index where a PCR index stands: UEFI "Confidential Computing"
 * chapter, TCG2 CC; intel-tdx sheet section 13) ----
 * Register 0 is the launch measurement, 1..4 are RTMR0..3 or REM0..3. One digest per event, of the
 * one algorithm that the log's first record (Spec ID Event03) names.
 */
#define EVLOG_REGISTERS  5
#define EVLOG_DIGEST_MAX 64

enum evlog_hash {
	EVLOG_SHA256 = 0x000b,
	EVLOG_SHA384 = 0x000c,
	EVLOG_SHA512 = 0x000d
}; /* TPM_ALG_ID */

#define EVLOG_NO_ACTION 0x03u
#define EVLOG_IPL       0x0du             /* what we measure ourselves */
#define EVLOG_OPTIONS   "postern options" /* data: this, NUL, the text; digest: of the text */

struct evlog { /* a log being written, in memory of the caller's */
	u8 *data;
	size_t size, capacity;
	enum evlog_hash hash;
};

/* ST_NO_MEMORY: the first record does not fit. */
enum status evlog_begin(struct evlog *l, void *memory, size_t capacity, enum evlog_hash hash);
/* One event; nothing is written unless all of it fits. digest: evlog_digest_size() bytes. */
enum status evlog_append(struct evlog *l, unsigned reg, u32 type, const u8 *digest,
			 struct bytes event);

struct evlog_event {
	unsigned reg;
	u32 type;
	struct bytes digest, data; /* into the log */
};

struct evlog_reader {
	struct bytes left;
	enum evlog_hash hash;
	u16 algorithms[8], sizes[8]; /* of every digest an event carries */
	unsigned count;
};

/* Reads the first record. Of several algorithms the strongest of the three above is taken;
 * ST_UNSUPPORTED: none of them. ST_TRUNCATED, ST_CORRUPT, ST_TOO_MANY: algorithms. */
enum status evlog_open(struct bytes log, struct evlog_reader *r);
/* ST_NOT_FOUND: the end (nothing left, or fill of 0xff or 0x00). ST_TRUNCATED, ST_CORRUPT; each
 * call consumes bytes or fails. */
enum status evlog_next(struct evlog_reader *r, struct evlog_event *e);

struct evlog_registers {
	enum evlog_hash hash;
	size_t size; /* of a register */
	unsigned events[EVLOG_REGISTERS];
	u8 value[EVLOG_REGISTERS][EVLOG_DIGEST_MAX]; /* 1..4; all start at zero */
};

/* new = H(old || digest) for every event but EVLOG_NO_ACTION. The log's own first record is none.
 */
enum status evlog_replay(struct bytes log, struct evlog_registers *out);
size_t evlog_digest_size(enum evlog_hash hash); /* 0: none of the three */
/* false: none of the three. out: EVLOG_DIGEST_MAX bytes. */
bool evlog_digest(enum evlog_hash hash, struct bytes data, u8 *out);

#endif
