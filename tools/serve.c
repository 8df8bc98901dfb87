/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One conversation of the relying party. The order is what makes it safe: the
 * challenge is drawn before anything is heard of the key, the key is looked at
 * before the evidence is judged with it, and nothing is sealed before
 * everything held.
 */
#include "serve.h"
#include "le.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct conversation {
	const struct serve_config *c;
	struct serve_outcome *o;
	struct serve_line line;
	u32 platform; /* as the guest says */
};

static bool FORMAT_PRINTF(3, 4) end(struct conversation *v, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->o->text, sizeof(v->o->text), fmt, ap);
	va_end(ap);
	v->o->code = code;
	return false;
}

/* Tells the guest why, too; whether it listens does not matter any more. */
static bool FORMAT_PRINTF(3, 4)
    refuse(struct conversation *v, enum verify_reason reason, const char *fmt, ...)
{
	char why[200];
	u8 frame[4 + 240] = { (u8)reason };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)end(v, (int)reason, "refused: %s: %s", verify_reason_name(reason), why);
	/* The same without its first word. */
	snprintf((char *)frame + 4, sizeof(frame) - 4, "%s", strchr(v->o->text, ' ') + 1);
	(void)serve_send(&v->line, RELEASE_REFUSED, frame, 4 + strlen((char *)frame + 4));
	return false;
}

static const char *frame_name(enum release_frame type)
{
	static const char *const name[] = {
		[RELEASE_HELLO] = "HELLO",   [RELEASE_CHALLENGE_FRAME] = "CHALLENGE",
		[RELEASE_KEY] = "KEY",       [RELEASE_EVIDENCE] = "EVIDENCE",
		[RELEASE_CERTS] = "CERTS",   [RELEASE_LOG] = "LOG",
		[RELEASE_SECRET] = "SECRET", [RELEASE_REFUSED] = "REFUSED",
		[RELEASE_DONE] = "DONE",
	};

	return name[type];
}

static bool ended(struct conversation *v, enum serve_io st, const char *what,
		  enum release_frame type)
{
	if (st == SERVE_IO_TIMEOUT)
		return end(v, EXIT_INCOMPLETE, "time ran out %s %s", what, frame_name(type));
	if (st == SERVE_IO_MEMORY)
		return end(v, EXIT_ENVIRONMENT, "no memory for %s", frame_name(type));
	return end(v, EXIT_INCOMPLETE, "the guest went away %s %s", what, frame_name(type));
}

static bool receive(struct conversation *v, enum release_frame type, size_t min, size_t max,
		    struct bytes *out)
{
	enum serve_io st = serve_receive(&v->line, type, min, max, out);

	if (st == SERVE_IO_OK)
		return true;
	if (v->o->released && (st == SERVE_IO_TYPE || st == SERVE_IO_SIZE))
		return end(v, EXIT_FAILED, "released, but no proof came");
	if (st == SERVE_IO_TYPE)
		return refuse(v, VERIFY_MALFORMED, "another frame where %s was due",
			      frame_name(type));
	if (st == SERVE_IO_SIZE)
		return refuse(v, VERIFY_MALFORMED, "%s of a size it cannot have", frame_name(type));
	return ended(v, st, "before", type);
}

static bool sent(struct conversation *v, enum release_frame type, const u8 *payload, size_t size)
{
	enum serve_io st = serve_send(&v->line, type, payload, size);

	return st == SERVE_IO_OK || ended(v, st, "during", type);
}

static bool hello(struct conversation *v)
{
	struct bytes b;
	u32 version;

	if (!receive(v, RELEASE_HELLO, 8, 8, &b))
		return false;
	version = le32(b.data);
	v->platform = le32(b.data + 4);
	free((void *)b.data);
	if (version != RELEASE_VERSION)
		return refuse(v, VERIFY_MALFORMED, "version %u, known is %u", version,
			      RELEASE_VERSION);
	if (v->platform < RELEASE_CCA || v->platform > RELEASE_TDX)
		return refuse(v, VERIFY_MALFORMED, "platform %u", v->platform);
	return true;
}

static bool challenge(struct conversation *v)
{
	if (v->c->challenge != NULL)
		memcpy(v->o->challenge, v->c->challenge, RELEASE_CHALLENGE);
	else if (RAND_bytes(v->o->challenge, RELEASE_CHALLENGE) != 1)
		return end(v, EXIT_ENVIRONMENT, "no random bytes");
	return sent(v, RELEASE_CHALLENGE_FRAME, v->o->challenge, RELEASE_CHALLENGE);
}

static bool answers(struct conversation *v)
{
	struct serve_outcome *o = v->o;

	if (!receive(v, RELEASE_KEY, RELEASE_POINT, RELEASE_POINT, &o->key))
		return false;
	if (!serve_point_valid(o->key))
		return refuse(v, VERIFY_MALFORMED, "the key is no point of P-256");
	return receive(v, RELEASE_EVIDENCE, 1, RELEASE_FRAME_MAX, &o->evidence) &&
	       receive(v, RELEASE_CERTS, 0, RELEASE_FRAME_MAX, &o->certificates) &&
	       receive(v, RELEASE_LOG, 0, RELEASE_FRAME_MAX, &o->log);
}

/* Says what the row says that gave the reason. */
static bool refuse_by_row(struct conversation *v)
{
	const struct verify_result *r = &v->o->verify;
	const char *reason = verify_reason_name(r->reason);

	for (size_t i = 0; i < r->n; i++) {
		const struct verify_row *row = &r->row[i];

		if ((row->state != ROW_FAILED && row->state != ROW_NOT_CHECKED) ||
		    row->reason != r->reason)
			continue;
		if (strcmp(row->name, reason) == 0) /* not twice */
			return refuse(v, r->reason, "%s", row->text);
		return refuse(v, r->reason, "%s: %s", row->name, row->text);
	}
	return refuse(v, r->reason, "the evidence does not hold");
}

static bool any_set(const struct verify_result *r)
{
	u8 any = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(r->reg); i++)
		for (size_t k = 0; k < r->reg[i].size; k++)
			any |= r->reg[i].data[k];
	return any != 0;
}

/* What only a conversation can ask for, as rows beside the others. */
static void judge_conversation(struct conversation *v)
{
	static const char *const name[] = {
		[RELEASE_CCA] = "cca", [RELEASE_SNP] = "snp", [RELEASE_TDX] = "tdx"
	};
	struct verify_result *r = &v->o->verify;

	if (r->platform == NULL || strcmp(r->platform, name[v->platform]) != 0)
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "platform",
			   "the guest says %s, its evidence does not", name[v->platform]);
	/* A log left out would hide what was measured; it may be empty while nothing
	 * was. */
	if (v->o->log.size == 0 && any_set(r))
		verify_add(r, ROW_FAILED, VERIFY_LOG, "event log",
			   "registers hold something and no log explains it");
	/* It binds the secret to this conversation, so it must be there to seal with.
	 */
	if (r->report_data.size != REPORT_DATA_SIZE)
		verify_add(r, ROW_FAILED, VERIFY_MALFORMED, "report data", "%zu bytes",
			   r->report_data.size);
}

static bool judge_evidence(struct conversation *v)
{
	struct serve_outcome *o = v->o;
	struct verify_input in = {
		.evidence = o->evidence,
		.certificates = o->certificates,
		.log = { o->log.size == 0 ? NULL : o->log.data, o->log.size },
		.challenge = o->challenge,
		.kind = v->c->kind,
		.key = o->key,
		.roots = v->c->roots,
		.expect = v->c->expect,
		.allow_debug = v->c->allow_debug,
	};

	verify_evidence(&in, &o->verify);
	judge_conversation(v);
	o->judged = true;
	if (o->verify.reason == VERIFY_HELD ||
	    (o->verify.reason == VERIFY_UNCHECKED && v->c->any_signer))
		return true;
	return refuse_by_row(v);
}

static bool release(struct conversation *v, struct serve_seal *s)
{
	if (!serve_seal(v->o->key, v->o->challenge, v->o->verify.report_data.data, v->c->secret, s))
		return end(v, EXIT_ENVIRONMENT, "the secret could not be sealed");
	/* From the first byte on it counts as gone. */
	v->o->released = true;
	return sent(v, RELEASE_SECRET, s->frame, s->size);
}

static bool proven(struct conversation *v, const struct serve_seal *s)
{
	struct bytes b;
	bool good;

	if (!receive(v, RELEASE_DONE, RELEASE_PROOF, RELEASE_PROOF, &b))
		return false;
	good = CRYPTO_memcmp(b.data, s->proof, RELEASE_PROOF) == 0;
	free((void *)b.data);
	if (!good)
		return end(v, EXIT_FAILED, "released, but the guest's proof is wrong");
	(void)end(v, EXIT_PASS, "released; the %s guest (%s) proved that it has the secret",
		  v->o->verify.platform, v->c->kind);
	return true;
}

int serve_conversation(int fd, const struct serve_config *c, struct serve_outcome *o)
{
	unsigned seconds = c->seconds == 0 ? SERVE_SECONDS : c->seconds;
	struct conversation v = { c, o, { fd, serve_now_ms() + (s64)seconds * 1000 }, 0 };
	struct serve_seal s;

	memset(o, 0, sizeof(*o));
	(void)(hello(&v) && challenge(&v) && answers(&v) && judge_evidence(&v) && release(&v, &s) &&
	       proven(&v, &s));
	OPENSSL_cleanse(&s, sizeof(s));
	return o->code;
}

void serve_outcome_free(struct serve_outcome *o)
{
	free((void *)o->key.data);
	free((void *)o->evidence.data);
	free((void *)o->certificates.data);
	free((void *)o->log.data);
	o->key = o->evidence = o->certificates = o->log = (struct bytes){ NULL, 0 };
	memset(&o->verify, 0, sizeof(o->verify));
}
