/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware as the job of its image: load, verify, measure, hand over. In this order, and each
 * on the one private copy that the first of them made: the host cannot exchange what was verified.
 */
#include "job.h"

#include <string.h>

#include "evidence.h"
#include "linux.h"
#include "print.h"

const char job_name[] = "firmware";

/* A kernel has all its memory from the start, and nothing of the host's chooses otherwise. */
enum accept_policy job_accept_policy(const char *cmdline)
{
	return ACCEPT_PARALLEL;
}

static enum cvm_shutdown refuse(const char *why, enum status st)
{
	print("# linux: refused: %s: %s\n", why, status_text(st));
	return CVM_SHUTDOWN_FAIL;
}

/* ---- what was loaded ---- */

static void print_hash(const char *name, const u8 hash[32])
{
	char text[65];

	for (unsigned i = 0; i < 32; i++)
		snprint(text + 2 * i, 3, "%02x", hash[i]);
	print("# linux: sha256 %s %s\n", name, text);
}

static void print_payload(const struct payload *p, const struct payload_hashes *h)
{
	print("# linux: source=%s kernel=%zu initrd=%zu cmdline=%zu\n", p->source, p->kernel.size,
	      p->initrd.size, p->cmdline.size);
	print_hash("kernel", h->kernel);
	print_hash("initrd", h->initrd);
	print_hash("cmdline", h->cmdline);
}

/* ---- what vouches for it ---- */

/*
 * A table that is filled counts wherever there is one. Where the launch is measured and none is,
 * the host could give us anything and no evidence would show it: on SNP nothing measures later, and
 * on TDX a relying party would have to look at registers it may not know of.
 */
static enum status verify(const struct payload_hashes *found, const char **why)
{
	struct payload_hashes measured;
	static char words[80];
	const char *where = "", *which = "";
	enum status st = hashes_measured(&measured, &where);

	if (st == ST_UNSUPPORTED) {
		print("# linux: verified: nothing: %s has no table of hashes\n", cvm.ops->name);
		return ST_OK;
	}
	if (st == ST_NOT_FOUND && firmware_allows_unmeasured) {
		print("# linux: verified: nothing: this image boots what no table vouches for\n");
		return ST_OK;
	}
	*why = st == ST_NOT_FOUND ? "no table of hashes was measured at launch"
				  : "the table of hashes measured at launch";
	if (st != ST_OK)
		return st;
	st = hashes_compare(&measured, found, &which);
	if (st == ST_OK) {
		print("# linux: verified: kernel, initrd and command line by the %s\n", where);
		return ST_OK;
	}
	snprint(words, sizeof(words), "the %s is not the one of the %s", which, where);
	*why = words;
	return st;
}

/* ---- measurement ---- */

/* The register's own number is the platform's to say; these are the words of its manual. */
static enum status measure_one(unsigned reg, const char *what, struct bytes data, bool text)
{
	enum status st =
	    text ? evidence_measure(reg, what, data) : evidence_measure_image(reg, what, data);

	if (st == ST_OK)
		print("# linux: register %u: %s\n", reg, what);
	return st;
}

static enum status measure(const struct payload *p)
{
	enum status st = measure_one(LINUX_REGISTER_KERNEL, LINUX_EVENT_KERNEL, p->kernel, false);

	if (st == ST_UNSUPPORTED) {
		print("# linux: measured: nothing: %s has no registers\n", cvm.ops->name);
		return ST_OK;
	}
	if (st == ST_OK)
		st = measure_one(LINUX_REGISTER_REST, LINUX_EVENT_INITRD, p->initrd, false);
	if (st == ST_OK)
		st = measure_one(LINUX_REGISTER_REST, LINUX_EVENT_CMDLINE, p->cmdline, true);
	return st;
}

enum cvm_shutdown job_main(const char *cmdline)
{
	const char *why = "";
	struct payload_hashes found;
	struct payload p = { 0 };
	enum status st = payload_load(&p, &why);

	if (st != ST_OK)
		return refuse(why, st);
	hashes_of(&p, &found);
	print_payload(&p, &found);
	st = verify(&found, &why);
	if (st != ST_OK)
		return refuse(why, st);
	st = measure(&p);
	if (st != ST_OK)
		return refuse(evidence_why(), st);
	st = handover(&p, &why);
	return refuse(why, st);
}
