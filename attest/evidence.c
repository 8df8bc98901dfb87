/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence in the guest. The host may hand over an old report, another guest's, or one of a
 * platform that is not ours: a verifier would refuse it, but only far away and without saying why.
 * So everything a guest can know of its own evidence is held against it here first.
 */
#include "evidence.h"

#include <string.h>

#include "claims.h"
#include "cvm.h"
#include "job.h"
#include "mm.h"
#include "print.h"
#include "why.h"

#define REPORT_PAGES 8u /* the longest that any platform gives: TDX's quote buffer */
#define LOG_PAGES    8u
#define SHOWN        8u /* bytes of a value in a reason */

/* Registers as the platform reads them to us; size 0: there is no such register. */
struct own {
	u8 value[EVLOG_REGISTERS][EVLOG_DIGEST_MAX];
	size_t size[EVLOG_REGISTERS];
};

static bool busy;
static u8 *report_memory, *event_memory, *log_memory; /* private, kept */
static char kind_used[EVIDENCE_KIND_MAX + 1];
static struct why why;
static struct evlog event_log; /* data NULL: not begun */
/* Was the register zero when the log began? What stood in one that was not is in no log of ours. */
static bool whole[EVLOG_REGISTERS];

static u8 *private_pages(u8 **memory, size_t pages)
{
	if (*memory == NULL)
		*memory = (u8 *)(uintptr_t)pages_alloc(pages, PAGE_SIZE);
	return *memory;
}

/* ---- values in reasons ---- */

struct shown {
	char text[2 * SHOWN + 4];
};

static struct shown shown(struct bytes b, size_t from)
{
	struct shown s = { "nothing" };
	size_t n = from < b.size ? MIN(b.size - from, SHOWN) : 0;

	for (size_t i = 0; i < n; i++)
		snprint(s.text + 2 * i, 3, "%02x", b.data[from + i]);
	if (n > 0 && from + n < b.size)
		memcpy(s.text + 2 * n, "...", 4);
	return s;
}

static enum status must_be(const char *what, struct bytes asked, struct bytes got, const char *look)
{
	size_t same = 0;

	while (same < asked.size && same < got.size && asked.data[same] == got.data[same])
		same++;
	if (same == asked.size && same == got.size)
		return ST_OK;
	return why_set(&why, ST_CORRUPT, look, "%s: from byte %zu on asked %s, got %s", what, same,
		       shown(asked, same).text, shown(got, same).text);
}

/* ---- registers ---- */

static enum status read_register(unsigned i, struct own *own)
{
	size_t n = EVLOG_DIGEST_MAX;
	enum status st = cvm.ops->measure_read(i, own->value[i], &n);

	own->size[i] = 0;
	if (st == ST_UNSUPPORTED && i > 0)
		return ST_OK;
	if (st == ST_OK && n > EVLOG_DIGEST_MAX)
		st = ST_PROTOCOL;
	if (st != ST_OK)
		return why_set(&why, st, "the platform's own message above",
			       "reading measurement register %u: %s", i, status_text(st));
	own->size[i] = n;
	return ST_OK;
}

static enum status read_registers(unsigned first, struct own *own)
{
	enum status st = ST_OK;

	for (unsigned i = first; i < EVLOG_REGISTERS && st == ST_OK; i++)
		st = read_register(i, own);
	return st;
}

static bool is_zero(const u8 *p, size_t n)
{
	u8 any = 0;

	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

/* ---- event log ---- */

/* Registers of the length of one of our three hashes, which that hash extends. */
static enum status hash_of_size(size_t size, enum evlog_hash *hash)
{
	for (*hash = EVLOG_SHA256; *hash <= EVLOG_SHA512; (*hash)++)
		if (evlog_digest_size(*hash) == size)
			return ST_OK;
	return why_set(&why, ST_UNSUPPORTED, "measurement registers of this platform",
		       "measuring: no register, or none that SHA-2 extends (%zu bytes)", size);
}

static void note_registers(const struct own *own)
{
	for (unsigned i = 1; i < EVLOG_REGISTERS; i++) {
		whole[i] = is_zero(own->value[i], own->size[i]);
		if (!whole[i])
			print("# evidence: register %u was extended before the log began: no log "
			      "replays to it\n",
			      i);
	}
}

static enum status log_begin(void)
{
	enum evlog_hash hash;
	struct own own;
	enum status st = read_registers(1, &own);

	if (st == ST_OK)
		st = hash_of_size(own.size[1], &hash);
	if (st != ST_OK)
		return st;
	if (private_pages(&log_memory, LOG_PAGES) == NULL)
		return why_set(&why, ST_NO_MEMORY, "the guest's memory",
			       "measuring: no pages for the log");
	note_registers(&own);
	return evlog_begin(&event_log, log_memory, LOG_PAGES * PAGE_SIZE, hash);
}

/* what, NUL, data: in memory of its own, because the log may be full in the middle of it. */
static enum status make_event(const char *what, struct bytes data, struct bytes *event)
{
	size_t n = strlen(what) + 1, size = LOG_PAGES * PAGE_SIZE;

	if (private_pages(&event_memory, LOG_PAGES) == NULL || n > size || data.size > size - n)
		return why_set(&why, ST_NO_MEMORY, "size of what is measured",
			       "measuring %zu bytes: no memory for the event", data.size);
	memcpy(event_memory, what, n);
	if (data.size > 0)
		memcpy(event_memory + n, data.data, data.size);
	*event = (struct bytes){ event_memory, n + data.size };
	return ST_OK;
}

/* The log first: what cannot be logged must not be extended, or no log ever replays again. `kept`
 * of the data stands in the event, the digest is that of all of it. */
static enum status measure(unsigned reg, const char *what, struct bytes data, struct bytes kept)
{
	u8 digest[EVLOG_DIGEST_MAX];
	struct bytes event = { NULL, 0 };
	size_t before;
	enum status st = event_log.data == NULL ? log_begin() : ST_OK;

	if (st == ST_OK)
		st = make_event(what, kept, &event);
	if (st != ST_OK)
		return st;
	(void)evlog_digest(event_log.hash, data, digest);
	before = event_log.size;
	st = evlog_append(&event_log, reg, EVLOG_IPL, digest, event);
	if (st != ST_OK)
		return why_set(&why, st, "size of what is measured",
			       "measuring %zu bytes: the log holds %zu of %zu", data.size, before,
			       event_log.capacity);
	st = cvm.ops->measure_extend(reg, digest, evlog_digest_size(event_log.hash));
	if (st == ST_OK)
		return ST_OK;
	event_log.size = before;
	return why_set(&why, st, "the platform's own message above",
		       "extending measurement register %u: %s", reg, status_text(st));
}

/* ---- fetching ---- */

static enum status call_platform(const u8 report_data[REPORT_DATA_SIZE], void *shared,
				 struct bytes *evidence)
{
	size_t capacity = REPORT_PAGES * PAGE_SIZE, n = capacity;
	enum status st = cvm.ops->evidence(report_data, shared, report_memory, &n);
	const char *text = cvm.ops->evidence_why != NULL ? cvm.ops->evidence_why() : "";

	if (st != ST_OK && text[0] != '\0') {
		snprint(why.text, sizeof(why.text), "%s", text);
		return st;
	}
	if (st == ST_OK && (n == 0 || n > capacity))
		st = ST_PROTOCOL;
	if (st != ST_OK)
		return why_set(&why, st, "the platform's own message above", "%s gave none: %s",
			       cvm.ops->name, status_text(st));
	*evidence = (struct bytes){ report_memory, n };
	return ST_OK;
}

static enum status fetch(const u8 report_data[REPORT_DATA_SIZE], struct bytes *evidence)
{
	size_t pages = cvm.ops->evidence_pages;
	void *shared = NULL;
	enum status st;

	if (private_pages(&report_memory, REPORT_PAGES) == NULL)
		return why_set(&why, ST_NO_MEMORY, "the guest's memory",
			       "no private pages for the evidence");
	if (pages > 0)
		shared = pool_alloc(pages, PAGE_SIZE);
	if (pages > 0 && shared == NULL)
		return why_set(&why, ST_NO_MEMORY, "the shared pool",
			       "no %zu shared pages for the request", pages);
	st = call_platform(report_data, shared, evidence);
	if (shared != NULL && st == ST_TIMEOUT)
		pool_keep(shared, pages * PAGE_SIZE); /* the host may still write its answer */
	else if (shared != NULL)
		pool_free(shared, pages);
	return st;
}

/* ---- checking ---- */

static enum status check_registers(const struct evidence_claims *c, const struct own *own)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < EVLOG_REGISTERS && st == ST_OK; i++) {
		struct bytes read = { own->value[i], own->size[i] };
		const char *name = c->name[i] != NULL ? c->name[i] : "a register it does not have";

		st = must_be(name, read, c->value[i],
			     i == 0 ? "whether the evidence is another guest's"
				    : "whether the evidence is an older one");
	}
	return st;
}

static enum status check_log(const struct evidence_claims *c, const struct own *own)
{
	struct evlog_registers replayed;
	enum status st;

	if (event_log.data == NULL)
		return ST_OK;
	st = evlog_replay((struct bytes){ event_log.data, event_log.size }, &replayed);
	if (st != ST_OK)
		return why_set(&why, ST_CORRUPT, "memory errors", "our event log: %s",
			       status_text(st));
	for (unsigned i = 1; i < EVLOG_REGISTERS && st == ST_OK; i++)
		if (whole[i])
			st = must_be(c->name[i], (struct bytes){ replayed.value[i], replayed.size },
				     (struct bytes){ own->value[i], own->size[i] },
				     "who extends the register beside the event log");
	return st;
}

/* No failure, and no silence either: why.text of a good answer. */
static void note_unchecked(const struct evidence_claims *c)
{
	size_t n = 0;

	for (unsigned i = 1; i < EVLOG_REGISTERS && event_log.data != NULL; i++)
		if (!whole[i] && n < sizeof(why.text))
			n += (size_t)snprint(why.text + n, sizeof(why.text) - n, "%s%s",
					     n == 0 ? "extended before the log began, not "
						      "replayed: "
						    : " ",
					     c->name[i]);
}

static enum status check(struct bytes evidence, struct evidence *out)
{
	struct bytes asked = { out->report_data, REPORT_DATA_SIZE };
	struct evidence_claims c;
	struct own own;
	enum status st = evidence_claims(cvm.ops->platform, evidence, &c);

	if (st != ST_OK)
		return why_set(&why, ST_CORRUPT, "what made the evidence", "%s: %s, %zu bytes",
			       c.failed, status_text(st), evidence.size);
	st = must_be("report data", asked, c.report_data,
		     "whether the host answers with older evidence");
	if (st == ST_OK)
		st = read_registers(0, &own);
	if (st == ST_OK)
		st = check_registers(&c, &own);
	if (st == ST_OK)
		st = check_log(&c, &own);
	if (st != ST_OK)
		return st;
	note_unchecked(&c);
	out->report = c.report;
	out->certificates = c.certificates;
	out->log = (struct bytes){ event_log.data, event_log.size };
	return ST_OK;
}

static enum status get(const char *kind, const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
		       struct evidence *out)
{
	struct bytes evidence = { NULL, 0 };
	enum status st = evidence_bind(kind, challenge, key, out->report_data);

	if (st != ST_OK)
		return why_set(&why, st, "kind and key that were given", "binding: %s",
			       status_text(st));
	snprint(kind_used, sizeof(kind_used), "%s", kind);
	if (cvm.ops->platform == CVM_PLAIN)
		return why_set(&why, ST_UNSUPPORTED, "how the VM was started",
			       "a plain VM has no evidence");
	st = fetch(out->report_data, &evidence);
	return st == ST_OK ? check(evidence, out) : st;
}

/* ---- interface ---- */

static bool enter(void)
{
	if (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE))
		return false;
	why.text[0] = '\0';
	return true;
}

static enum status leave(enum status st)
{
	__atomic_clear(&busy, __ATOMIC_RELEASE);
	return st;
}

enum status evidence_get_as(const char *kind, const u8 challenge[REPORT_DATA_SIZE],
			    struct bytes key, struct evidence *out)
{
	*out = (struct evidence){ 0 };
	if (!enter())
		return ST_STATE;
	return leave(get(kind, challenge, key, out));
}

enum status evidence_get(const u8 challenge[REPORT_DATA_SIZE], struct bytes key,
			 struct evidence *out)
{
	return evidence_get_as(job_name, challenge, key, out);
}

static enum status enter_measure(unsigned reg, const char *what, struct bytes data,
				 struct bytes kept)
{
	if (reg == 0 || reg >= EVLOG_REGISTERS)
		return ST_INVALID;
	if (!enter())
		return ST_STATE;
	return leave(measure(reg, what, data, kept));
}

enum status evidence_measure(unsigned reg, const char *what, struct bytes data)
{
	return enter_measure(reg, what, data, data);
}

enum status evidence_measure_image(unsigned reg, const char *what, struct bytes data)
{
	return enter_measure(reg, what, data, (struct bytes){ NULL, 0 });
}

struct bytes evidence_log(void)
{
	return (struct bytes){ event_log.data, event_log.size };
}

const char *evidence_why(void)
{
	return why.text;
}

void evidence_print(const struct evidence *e, enum status st)
{
	char hash[2 * EVLOG_DIGEST_MAX + 1], data[2 * REPORT_DATA_SIZE + 1];
	u8 digest[EVLOG_DIGEST_MAX];
	size_t n = evlog_digest_size(EVLOG_SHA256);

	if (st != ST_OK) {
		print("# evidence: failed: %s\n", why.text[0] != '\0' ? why.text : status_text(st));
		return;
	}
	(void)evlog_digest(EVLOG_SHA256, e->report, digest);
	for (size_t i = 0; i < n; i++)
		snprint(hash + 2 * i, 3, "%02x", digest[i]);
	for (size_t i = 0; i < REPORT_DATA_SIZE; i++)
		snprint(data + 2 * i, 3, "%02x", e->report_data[i]);
	print("# evidence: kind=%s bytes=%zu sha256=%s report_data=%s\n", kind_used, e->report.size,
	      hash, data);
}
