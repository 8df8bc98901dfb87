/* SPDX-License-Identifier: BSD-2-Clause */
/* One run: start the machine, read what guest and host say, take the verdict from the host. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attested.h"

#define REFUSED        "# linux: refused: " /* the firmware's last line then */
#define LINE_MAX_BYTES 16384                /* a token in hex is some 3 KiB; longer lines are cut */

/* Splits a stream into lines; a hostile guest may write any bytes. */
struct lines {
	char buf[LINE_MAX_BYTES];
	size_t n;
};

struct session {
	const struct run_spec *spec;
	struct run_result *result;
	struct lines console, channel, qmp;
	FILE *save_console, *save_channel;
	unsigned evidence; /* pieces so far */
	struct attested attested;
};

static void printable(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 && *s != '\t')
			*s = '?';
}

static void look_for_expected(struct session *s, const char *text)
{
	if (s->spec->expect != NULL && strstr(text, s->spec->expect) != NULL)
		s->result->expected = true;
}

static void on_console(struct session *s, char *line)
{
	look_for_expected(s, line);
	printable(line); /* no escape sequence of a guest reaches the terminal */
	if (!s->spec->quiet) {
		puts(line);
		fflush(stdout);
	}
	if (s->save_console != NULL)
		fprintf(s->save_console, "%s\n", line);
	if (line[strspn(line, " \t?")] != '\0')
		snprintf(s->result->last_line, sizeof(s->result->last_line), "%s", line);
	if (strncmp(line, REFUSED, strlen(REFUSED)) == 0)
		snprintf(s->result->refused, sizeof(s->result->refused), "%s",
			 line + strlen(REFUSED));
	ktap_line(&s->result->ktap, line);
	attested_console(&s->attested, line);
	if (sscanf(line, "# workload: ended: %d", &s->result->workload_end) == 1)
		s->result->workload_ended = true;
	moved_line(&s->result->moves, line);
}

static FILE *save_open(const struct run_spec *s, const char *name)
{
	char path[512];

	if (s->save_dir == NULL)
		return NULL;
	mkdir(s->save_dir, 0777);
	snprintf(path, sizeof(path), "%s/%s", s->save_dir, name);
	return fopen(path, "w");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Each piece of evidence as the host issued it: evidence-1.bin, ... */
static void save_evidence(struct session *s, const char *hex)
{
	char name[32];
	FILE *f;

	snprintf(name, sizeof(name), "evidence-%u.bin", ++s->evidence);
	f = save_open(s->spec, name);
	if (f == NULL)
		return;
	for (; hex_digit(hex[0]) >= 0 && hex_digit(hex[1]) >= 0; hex += 2)
		fputc(hex_digit(hex[0]) << 4 | hex_digit(hex[1]), f);
	fclose(f);
}

/* Long lines of hex. */
static bool is_data(const char *line)
{
	return strncmp(line, "evidence: ", 10) == 0 || strncmp(line, "certificates: ", 14) == 0 ||
	       strncmp(line, "devicetree: ", 12) == 0;
}

static void on_channel(struct session *s, char *line)
{
	printable(line);
	if (s->spec->verbose && !is_data(line))
		fprintf(stderr, "host| %s\n", line);
	if (s->save_channel != NULL)
		fprintf(s->save_channel, "%s\n", line);
	if (strncmp(line, "evidence: ", 10) == 0)
		save_evidence(s, line + 10);
	attested_channel(&s->attested, line);
	channel_line(&s->result->channel, line);
}

/* QEMU's own word on how a plain machine ended. */
static void on_qmp(struct session *s, char *line)
{
	if (strstr(line, "\"SHUTDOWN\"") == NULL)
		return;
	if (strstr(line, "\"guest-shutdown\"") != NULL)
		s->result->qmp_verdict = "off";
	else if (strstr(line, "\"guest-reset\"") != NULL)
		s->result->qmp_verdict = "reset";
}

static void feed(struct session *s, struct lines *l, const char *data, size_t n,
		 void (*on_line)(struct session *, char *))
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			if (l->n > 0 && l->buf[l->n - 1] == '\r')
				l->n--;
			l->buf[l->n] = '\0';
			on_line(s, l->buf);
			l->n = 0;
		} else if (l->n < sizeof(l->buf) - 1 && data[i] != '\0') {
			l->buf[l->n++] = data[i];
		}
	}
}

/* false at end of stream */
static bool drain(struct session *s, int fd, struct lines *l,
		  void (*on_line)(struct session *, char *))
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0) {
		if (l->n > 0)
			feed(s, l, "\n", 1, on_line);
		return false;
	}
	feed(s, l, buf, (size_t)n, on_line);
	return true;
}

static int qmp_accept(int listener)
{
	static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
	int fd = accept(listener, NULL, NULL);

	close(listener);
	if (fd >= 0 && write(fd, hello, sizeof(hello) - 1) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* What the host has said so far. */
static void catch_up(struct session *s, const struct machine *m)
{
	struct pollfd p = { .fd = m->channel, .events = POLLIN };

	while (poll(&p, 1, 0) > 0 && drain(s, m->channel, &s->channel, on_channel))
		;
}

static void session_loop(struct session *s, struct machine *m)
{
	bool qmp_listening = m->qmp >= 0, console_open = true, channel_open = m->channel >= 0;

	while (console_open || channel_open) {
		struct pollfd p[4] = {
			{ .fd = console_open ? m->console : -1, .events = POLLIN },
			{ .fd = channel_open ? m->channel : -1, .events = POLLIN },
			{ .fd = m->qmp, .events = POLLIN },
			{ .fd = party_fd(&m->party), .events = POLLIN },
		};

		if (poll(p, 4, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents != 0)
			console_open = drain(s, m->console, &s->console, on_console);
		/* A prompt is a line without an end. */
		s->console.buf[s->console.n] = '\0';
		look_for_expected(s, s->console.buf);
		if (s->result->expected) {
			kill(m->pid, SIGKILL);
			return;
		}
		if (p[1].revents != 0)
			channel_open = drain(s, m->channel, &s->channel, on_channel);
		if (p[3].revents != 0) {
			catch_up(s, m);
			party_event(&m->party, &s->attested, s->spec);
		}
		if (p[2].revents != 0 && qmp_listening) {
			m->qmp = qmp_accept(m->qmp);
			qmp_listening = false;
		} else if (p[2].revents != 0 && !drain(s, m->qmp, &s->qmp, on_qmp)) {
			close(m->qmp);
			m->qmp = -1;
		}
	}
	while (m->qmp >= 0 && !qmp_listening && drain(s, m->qmp, &s->qmp, on_qmp))
		;
}

/* QEMU itself failed: its own message is the best there is. */
static void qemu_failed(struct run_result *r, const struct machine *m, int status)
{
	char path[128], line[200] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/qemu.log", m->dir);
	f = fopen(path, "r");
	if (f != NULL) {
		if (fgets(line, sizeof(line), f) == NULL)
			line[0] = '\0';
		fclose(f);
	}
	line[strcspn(line, "\n")] = '\0';
	if (WIFSIGNALED(status))
		set_reason(r, EXIT_INCOMPLETE, "QEMU was ended by signal %d (%s)%s%s",
			   WTERMSIG(status),
			   WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL
			       ? "out of processor time"
			       : strsignal(WTERMSIG(status)),
			   line[0] ? ": " : "", line);
	else
		set_reason(r, EXIT_ENVIRONMENT, "QEMU ended with code %d: %s", WEXITSTATUS(status),
			   line[0] ? line : "no message");
}

/* A report that all held is worth nothing when the data is not where the guest says it is. */
static void judge_moves(struct run_result *r, const struct machine *m)
{
	char why[160];

	if (r->code == EXIT_PASS && !moves_judge(&r->moves, &m->files, why, sizeof(why)))
		set_reason(r, EXIT_FAILED, "devices: %s", why);
}

/* What the relying party says goes before what the guest says of itself; not before a rule that it
 * broke. */
static void judge_party(struct run_result *r, struct machine *m)
{
	static struct party_report party;
	bool told = party_end(&m->party, &party), refused;

	if (!told) {
		snprintf(r->evidence, sizeof(r->evidence), "none");
		if (r->code == EXIT_PASS)
			set_reason(r, EXIT_FAILED, "nobody spoke to the relying party");
		return;
	}
	refused = party.code >= VERIFY_MALFORMED && party.code <= VERIFY_UNCHECKED;
	if (refused)
		snprintf(r->evidence, sizeof(r->evidence), "refused: %s",
			 verify_reason_name((enum verify_reason)party.code));
	else
		snprintf(r->evidence, sizeof(r->evidence), "%s",
			 party.released ? "released" : "none");
	printf("# relying party: %s\n", party.text);
	if (refused && party.judged)
		verify_print(stdout, &party.verify);
	if (party.code != EXIT_PASS && r->channel.violation_count == 0)
		set_reason(r,
			   party.code == EXIT_INCOMPLETE || party.code == EXIT_ENVIRONMENT
			       ? (enum exit_code)party.code
			       : EXIT_FAILED,
			   "relying party: %.200s", party.text);
}

static void judge_evidence(struct session *s, struct machine *m)
{
	if (s->spec->party)
		judge_party(s->result, m);
	else if (s->spec->evidence_dir != NULL && s->spec->challenge != NULL &&
		 s->spec->workload == NULL && s->spec->expect == NULL)
		attested_judge(&s->attested, s->spec, s->result);
}

void run_once(const struct run_spec *spec, struct run_result *r)
{
	struct session *s = calloc(1, sizeof(*s));
	struct machine m;
	int status = 0;

	memset(r, 0, sizeof(*r));
	r->qmp_verdict = "";
	if (s == NULL || !machine_start(&m, spec)) {
		set_reason(r, EXIT_ENVIRONMENT, "the machine could not be started");
		if (s != NULL)
			machine_cleanup(&m);
		free(s);
		return;
	}
	s->spec = spec;
	s->result = r;
	s->save_console = save_open(spec, "console.log");
	s->save_channel = save_open(spec, "channel.log");
	session_loop(s, &m);
	waitpid(m.pid, &status, 0);
	m.pid = 0;
	judge(r, spec);
	judge_moves(r, &m);
	judge_evidence(s, &m);
	if (status != 0 && r->code != EXIT_PASS && r->code != EXIT_FAILED)
		qemu_failed(r, &m, status);
	if (s->save_console != NULL)
		fclose(s->save_console);
	if (s->save_channel != NULL)
		fclose(s->save_channel);
	machine_cleanup(&m);
	attested_free(&s->attested);
	free(s);
}

bool run_terminal(const struct run_spec *base, const struct check *c, struct run_result *r)
{
	struct run_spec s = *base;

	s.probe = c->id;
	s.quiet = true;
	s.save_dir = NULL;
	s.evidence_dir = NULL;
	run_once(&s, r);
	return strcmp(r->channel.verdict, check_end_name(c->end)) == 0 &&
	       (no_console(&s) || strcmp(r->ktap.running, c->id) == 0) && r->ktap.fail == 0;
}
