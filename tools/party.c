/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relying party of a workload, as a process of its own: it and the guest take their time, and
 * the host's words must be read meanwhile. QEMU stands between them, as any host would.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attested.h"
#include "serve.h"

bool party_listen(struct party *p, const struct machine *m)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	*p = (struct party){ -1, -1, -1, 0 };
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/party", m->dir);
	if (p->listener >= 0 && bind(p->listener, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    listen(p->listener, 1) == 0)
		return true;
	perror("postern: the relying party's socket");
	return false;
}

int party_fd(const struct party *p)
{
	return p->listener >= 0 ? p->listener : p->socket;
}

/* ---- the host in the middle, if it is told to ---- */
static bool whole(int fd, u8 *buf, size_t size)
{
	while (size > 0) {
		ssize_t n = read(fd, buf, size);

		if (n <= 0)
			return false;
		buf += n;
		size -= (size_t)n;
	}
	return true;
}

static bool send_all(int fd, const u8 *buf, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, buf, size, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		buf += n;
		size -= (size_t)n;
	}
	return true;
}

static bool pass_on(int from, int to)
{
	u8 buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	return n > 0 && send_all(to, buf, (size_t)n);
}

/* The first frame of the party's is its challenge: the guest gets another, an older one say, and
 * answers that. */
static void exchange_challenge(int guest, int party)
{
	u8 frame[RELEASE_FRAME_HEAD + RELEASE_CHALLENGE];
	bool exchanged = false;

	for (;;) {
		struct pollfd p[2] = { { .fd = guest, .events = POLLIN },
				       { .fd = party, .events = POLLIN } };

		if (poll(p, 2, -1) < 0)
			return;
		if (p[0].revents != 0 && !pass_on(guest, party))
			return;
		if (p[1].revents != 0 && exchanged && !pass_on(party, guest))
			return;
		if (p[1].revents != 0 && !exchanged) {
			if (!whole(party, frame, sizeof(frame)))
				return;
			frame[sizeof(frame) - 1] ^= 1;
			exchanged = true;
			if (!send_all(guest, frame, sizeof(frame)))
				return;
		}
	}
}

/* The party's own end, behind a process that exchanges what passes. */
static int behind_exchange(int guest)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return guest;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		exchange_challenge(guest, pair[1]);
		_exit(0);
	}
	close(pair[1]);
	close(guest);
	return pair[0];
}

/* ---- the conversation ---- */
static void converse(int fd, const struct attested *a, const struct run_spec *s,
		     struct party_report *out)
{
	static struct serve_outcome o;
	static struct roots roots;
	static struct expect expect;
	struct serve_config c = { .secret = { s->secret, s->secret_size },
				  .kind = "workload",
				  .roots = &roots,
				  .expect = &expect };

	out->code = EXIT_ENVIRONMENT;
	keep_launch(s);
	keep_file(s, "realm.dtb", a->dtb);
	if (!attested_expectation(a, s, &expect, out->text, sizeof(out->text)) ||
	    !attested_roots(s, &roots, out->text, sizeof(out->text)))
		return;
	out->code = serve_conversation(fd, &c, &o);
	out->released = o.released;
	out->judged = o.judged;
	out->verify = o.verify;
	snprintf(out->text, sizeof(out->text), "%s", o.text);
	keep_challenge(s, o.challenge);
	keep_file(s, "key.bin", o.key);
	keep_file(s, "evidence.bin", o.evidence);
	keep_file(s, "certs.bin", o.certificates);
	keep_file(s, "log.bin", o.log);
}

static void start(struct party *p, const struct attested *a, const struct run_spec *s)
{
	static struct party_report out;
	int report[2];

	if (pipe(report) != 0)
		return;
	fflush(stdout);
	p->pid = fork();
	if (p->pid == 0) {
		close(report[0]);
		converse(s->stale ? behind_exchange(p->socket) : p->socket, a, s, &out);
		_exit(write(report[1], &out, sizeof(out)) == sizeof(out) ? 0 : 1);
	}
	close(report[1]);
	close(p->socket);
	p->socket = -1;
	p->report = report[0];
}

void party_event(struct party *p, const struct attested *a, const struct run_spec *s)
{
	if (p->listener < 0) {
		start(p, a, s);
		return;
	}
	p->socket = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	close(p->listener);
	p->listener = -1;
}

bool party_end(struct party *p, struct party_report *out)
{
	bool told = p->report >= 0 && whole(p->report, (u8 *)out, sizeof(*out));

	if (p->listener >= 0)
		close(p->listener);
	if (p->socket >= 0)
		close(p->socket);
	if (p->report >= 0)
		close(p->report);
	if (p->pid > 0)
		waitpid(p->pid, NULL, 0);
	*p = (struct party){ -1, -1, -1, 0 };
	return told;
}
