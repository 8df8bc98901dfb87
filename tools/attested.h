/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence of a run of our own hosts: what the host says it issued and gave, what the guest says it
 * got, the prediction, and the judgement. Also a workload's relying party.
 *
 *   attested.c        what host and guest say; the probe's own evidence
 *   attested_files.c  what is kept in the directory of --evidence; the prediction
 *   party.c           the relying party of a workload, in a process of its own
 */
#ifndef ATTESTED_H
#define ATTESTED_H

#include "verify.h"

#define PIECES_MAX 8 /* the newest; the guest's own evidence is the last it asks for */

struct attested {
	struct piece {
		struct bytes data;
		char sha256[65];
	} piece[PIECES_MAX]; /* element n % PIECES_MAX is the next */
	size_t n;
	struct bytes certificates; /* SNP: the table the host gives with every report */
	struct bytes dtb;          /* CCA: the devicetree the realm was given */
	/* The guest's last line on its evidence. */
	bool said, failed;
	char sha256[65], why[200];
};

void attested_channel(struct attested *a, const char *line);
void attested_console(struct attested *a, const char *line);
void attested_free(struct attested *a);
/* The probe's own evidence, found and judged: r->evidence, and the run's verdict when it held so
 * far. */
void attested_judge(struct attested *a, const struct run_spec *s, struct run_result *r);

/* ---- attested_files.c ---- */
/* Removes what an earlier run kept there. */
void keep_nothing(const char *dir);
/* Does nothing without s->evidence_dir; prints why not. */
bool keep_file(const struct run_spec *s, const char *name, struct bytes data);
void keep_challenge(const struct run_spec *s, const uint8_t challenge[REPORT_DATA_SIZE]);
void keep_launch(const struct run_spec *s);
/* What evidence of this launch must say, or what --expected says; false, and why. Also kept as
 * expected.txt. */
bool attested_expectation(const struct attested *a, const struct run_spec *s, struct expect *e,
			  char *why, size_t size);
/* The trust anchors of --roots, or this build directory's test keys; false, and why. */
bool attested_roots(const struct run_spec *s, struct roots *r, char *why, size_t size);

/* ---- party.c ---- */
struct party_report {
	int code; /* of serve_conversation() */
	bool released, judged;
	char text[320];
	struct verify_result verify; /* its rows; no pointer in it is good */
};

/* The socket QEMU connects to, in m->dir; prints why not. */
bool party_listen(struct party *p, const struct machine *m);
/* The descriptor to poll: QEMU connects, or the guest says its first word; -1: nothing any more. */
int party_fd(const struct party *p);
/* It is readable. All that the host said before must have been read: the devicetree is among it. */
void party_event(struct party *p, const struct attested *a, const struct run_spec *s);
/* After the machine's end: the outcome; false: no conversation. */
bool party_end(struct party *p, struct party_report *out);

#endif
