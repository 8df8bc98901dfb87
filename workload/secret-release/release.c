/* SPDX-License-Identifier: BSD-2-Clause */
/* The conversation with the relying party. The host carries it and may change, cut, repeat or
 * withhold any of it; what it can reach that way is that there is no secret. */
#include "release.h"
#include "le.h"

#include <string.h>

static enum status failed(const struct release *r, const char *what, enum status st)
{
	r->w->log("%s: %s", what, status_text(st));
	return st;
}

/* ---- frames ---- */

enum status release_send(struct release *r, u32 type, struct bytes payload)
{
	u8 head[RELEASE_FRAME_HEAD];
	enum status st;

	if (payload.size > RELEASE_FRAME_MAX)
		return ST_RANGE;
	le_put(head, type, 4);
	le_put(head + 4, (u32)payload.size, 4);
	st = r->w->write(r->stream, head, sizeof(head));
	if (st == ST_OK && payload.size != 0)
		st = r->w->write(r->stream, payload.data, payload.size);
	return st;
}

static enum status read_all(struct release *r, u8 *out, size_t size, u64 deadline)
{
	while (size > 0) {
		u64 now = r->w->time_ns();
		size_t got = 0;
		enum status st;

		if (now >= deadline)
			return ST_TIMEOUT;
		st = r->w->read(r->stream, out, size, &got, deadline - now);
		if (st != ST_OK)
			return st;
		if (got == 0 || got > size)
			return ST_PROTOCOL;
		out += got;
		size -= got;
	}
	return ST_OK;
}

/* The reason's number and the party's text, which the log makes printable. */
static enum status refused(struct release *r, size_t size)
{
	char text[161] = "";
	size_t n = MIN(size - 4, sizeof(text) - 1);

	memcpy(text, r->frame + 4, n);
	r->w->log("refused: %u %s", le32(r->frame), text);
	return ST_DENIED;
}

/* The frame that is due, of min to max bytes, into r->frame; or a refusal, which always may come.
 */
static enum status receive(struct release *r, u32 due, size_t min, size_t max, size_t *size)
{
	u64 deadline = r->w->time_ns() + RELEASE_PATIENCE_NS;
	u8 head[RELEASE_FRAME_HEAD];
	enum status st = read_all(r, head, sizeof(head), deadline);
	u32 type;

	if (st != ST_OK)
		return st;
	type = le32(head);
	*size = le32(head + 4);
	if (type == RELEASE_REFUSED) {
		min = 4;
		max = sizeof(r->frame);
	} else if (type != due) {
		return ST_PROTOCOL;
	}
	if (*size < min || *size > max)
		return ST_RANGE;
	st = read_all(r, r->frame, *size, deadline);
	if (st != ST_OK)
		return st;
	return type == RELEASE_REFUSED ? refused(r, *size) : ST_OK;
}

/* ---- steps ---- */

static enum status hello(struct release *r)
{
	u8 payload[8];

	le_put(payload, RELEASE_VERSION, 4);
	le_put(payload + 4, r->platform, 4);
	return release_send(r, RELEASE_HELLO, (struct bytes){ payload, sizeof(payload) });
}

static enum status challenge(struct release *r)
{
	size_t size;
	enum status st =
	    receive(r, RELEASE_CHALLENGE_FRAME, RELEASE_CHALLENGE, RELEASE_CHALLENGE, &size);

	if (st == ST_OK)
		memcpy(r->challenge, r->frame, RELEASE_CHALLENGE);
	return st;
}

static enum status evidence(struct release *r)
{
	const struct bytes key = { r->point, sizeof(r->point) };
	struct evidence e;
	enum status st = r->evidence(r->challenge, key, &e);

	if (st != ST_OK) {
		r->w->log("evidence: %s", r->w->evidence_why());
		return st;
	}
	memcpy(r->report_data, e.report_data, sizeof(r->report_data));
	st = release_send(r, RELEASE_KEY, key);
	if (st == ST_OK)
		st = release_send(r, RELEASE_EVIDENCE, e.report);
	if (st == ST_OK)
		st = release_send(r, RELEASE_CERTS, e.certificates);
	if (st == ST_OK)
		st = release_send(r, RELEASE_LOG, e.log);
	return st;
}

static enum status secret(struct release *r)
{
	const size_t around = RELEASE_POINT + RELEASE_IV + RELEASE_TAG;
	size_t size;
	enum status st = receive(r, RELEASE_SECRET, around + 1, sizeof(r->frame), &size);

	return st == ST_OK ? release_open(r, size) : st;
}

enum status release_receive(struct release *r)
{
	static const struct {
		const char *what;
		enum status (*take)(struct release *r);
	} step[] = {
		{ "hello", hello },
		{ "challenge", challenge },
		{ "evidence", evidence },
		{ "secret", secret },
	};

	for (size_t i = 0; i < ARRAY_SIZE(step); i++) {
		enum status st = step[i].take(r);

		if (st == ST_DENIED) /* said already */
			return st;
		if (st != ST_OK)
			return failed(r, step[i].what, st);
	}
	return ST_OK;
}

enum status release_prove(struct release *r)
{
	enum status st =
	    release_send(r, RELEASE_DONE, (struct bytes){ r->proof, sizeof(r->proof) });

	return st == ST_OK ? ST_OK : failed(r, "proof", st);
}

/* ---- begin and end ---- */

static u32 platform_number(const char *name)
{
	if (strcmp(name, "cca") == 0)
		return RELEASE_CCA;
	if (strcmp(name, "snp") == 0)
		return RELEASE_SNP;
	return strcmp(name, "tdx") == 0 ? RELEASE_TDX : 0;
}

/* The host chooses it, and it leads to the host either way. */
static bool has_word(const char *options, const char *word)
{
	size_t n = strlen(word);

	while (*options != '\0') {
		const char *end = options;

		while (*end != '\0' && *end != ' ')
			end++;
		if ((size_t)(end - options) == n && strncmp(options, word, n) == 0)
			return true;
		options = *end == '\0' ? end : end + 1;
	}
	return false;
}

static enum status start(struct release *r)
{
	enum stream_kind kind = has_word(r->w->options, "vsock") ? STREAM_VSOCK : STREAM_CONSOLE;
	enum status st = release_make_key(r);

	if (st != ST_OK)
		return failed(r, "key", st);
	st = r->w->open(kind, RELEASE_VSOCK_PORT, &r->stream);
	return st == ST_OK ? ST_OK : failed(r, "stream", st);
}

struct release *release_begin(const struct workload *w)
{
	u32 platform = platform_number(w->platform);
	struct release *r;

	if (platform == 0) {
		w->log("platform %s: no evidence here, so nobody has reason to trust us",
		       w->platform);
		return NULL;
	}
	r = w->allocate(sizeof(*r));
	if (r == NULL) {
		w->log("no memory");
		return NULL;
	}
	r->w = w;
	r->evidence = w->evidence;
	r->platform = platform;
	if (start(r) == ST_OK)
		return r;
	release_end(r);
	return NULL;
}

void release_end(struct release *r)
{
	const struct workload *w = r->w;

	if (r->stream != NULL)
		w->close(r->stream);
	w->release(r, sizeof(*r)); /* zeroes */
}
