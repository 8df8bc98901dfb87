/* SPDX-License-Identifier: BSD-2-Clause */
/* `postern serve`: a relying party behind a socket, to which QEMU connects a
 * guest's console port.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve.h"

struct options {
	const char *socket, *secret, *roots, *expect, *kind, *challenge;
	int fd; /* -1: none */
	unsigned seconds;
	bool allow_debug, any_measurement, any_signer, once, quiet, json;
};

/* What was read for them. */
struct means {
	struct serve_config config;
	struct roots roots;
	struct expect expect;
	u8 challenge[RELEASE_CHALLENGE];
};

enum {
	OPT_SOCKET = 256,
	OPT_PORT_FD,
	OPT_SECRET,
	OPT_ROOTS,
	OPT_EXPECT,
	OPT_KIND,
	OPT_CHALLENGE,
	OPT_TIMEOUT,
	OPT_ALLOW_DEBUG,
	OPT_ANY_MEASUREMENT,
	OPT_ANY_SIGNER,
	OPT_ONCE,
	OPT_QUIET,
	OPT_JSON,
};

static void usage(FILE *f)
{
	fputs("usage: postern serve --socket PATH|--port-fd N --secret FILE --roots "
	      "DIR --expect "
	      "FILE [OPTION...]\n"
	      "\n"
	      "Gives a secret to a guest whose evidence holds, and to no other.\n"
	      "\n"
	      "  --socket PATH      listen on a unix socket; QEMU's chardev connects "
	      "to it\n"
	      "  --port-fd N        talk on a connected stream socket that was "
	      "inherited, once\n"
	      "  --secret FILE      what is released, 1 to 4096 bytes\n"
	      "  --roots DIR        whom to trust, as for postern verify\n"
	      "  --expect FILE      expectations, as postern measure prints them\n"
	      "  --kind KIND        of the image (workload)\n"
	      "  --allow-debug      also to guests the host can look into\n"
	      "  --any-measurement  without --expect: to whatever program asks. A "
	      "relying party "
	      "that\n"
	      "                     does so is worth nothing\n"
	      "  --any-signer       without --roots: whoever signed. Just so\n"
	      "  --timeout SECONDS  of one conversation (300)\n"
	      "  --once             end after one conversation, with its exit code\n"
	      "  --quiet, --json    print nothing; print one JSON object per "
	      "conversation\n"
	      "  --challenge HEX    tests: this instead of fresh random bytes\n"
	      "\n"
	      "exit codes: 0 released, and the guest proved that it has the secret; "
	      "10 to 20 "
	      "refused, as\n"
	      "            those of postern verify; 1 released and not proven; 2 "
	      "wrong usage; 3 the "
	      "guest\n"
	      "            went away or time ran out; 4 something is missing here\n",
	      f);
}

static int bad(int code, const char *what, const char *detail)
{
	fprintf(stderr, "postern serve: %s%s%s\n", what, detail[0] == '\0' ? "" : ": ", detail);
	return code;
}

/* A decimal number, at most max. */
static bool number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && *out <= max;
}

static bool flag(int opt, struct options *o)
{
	switch (opt) {
	case OPT_ALLOW_DEBUG:
		return o->allow_debug = true;
	case OPT_ANY_MEASUREMENT:
		return o->any_measurement = true;
	case OPT_ANY_SIGNER:
		return o->any_signer = true;
	case OPT_ONCE:
		return o->once = true;
	case OPT_QUIET:
		return o->quiet = true;
	case OPT_JSON:
		return o->json = true;
	default:
		return false;
	}
}

static bool value(int opt, const char *text, struct options *o)
{
	unsigned long n;

	switch (opt) {
	case OPT_SOCKET:
		o->socket = text;
		return true;
	case OPT_SECRET:
		o->secret = text;
		return true;
	case OPT_ROOTS:
		o->roots = text;
		return true;
	case OPT_EXPECT:
		o->expect = text;
		return true;
	case OPT_KIND:
		o->kind = text;
		return text[0] != '\0' && strlen(text) <= EVIDENCE_KIND_MAX;
	case OPT_CHALLENGE:
		o->challenge = text;
		return true;
	case OPT_PORT_FD:
		if (!number(text, 1 << 20, &n))
			return false;
		o->fd = (int)n;
		return true;
	case OPT_TIMEOUT:
		if (!number(text, 86400, &n) || n == 0)
			return false;
		o->seconds = (unsigned)n;
		return true;
	default:
		return false;
	}
}

static const struct option names[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "port-fd", required_argument, NULL, OPT_PORT_FD },
	{ "secret", required_argument, NULL, OPT_SECRET },
	{ "roots", required_argument, NULL, OPT_ROOTS },
	{ "expect", required_argument, NULL, OPT_EXPECT },
	{ "kind", required_argument, NULL, OPT_KIND },
	{ "challenge", required_argument, NULL, OPT_CHALLENGE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "allow-debug", no_argument, NULL, OPT_ALLOW_DEBUG },
	{ "any-measurement", no_argument, NULL, OPT_ANY_MEASUREMENT },
	{ "any-signer", no_argument, NULL, OPT_ANY_SIGNER },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct options *o)
{
	int opt;

	optind = 0; /* getopt starts anew */
	while ((opt = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (opt == 'h') {
			usage(stdout);
			return EXIT_PASS;
		}
		if (opt == '?') /* getopt said what */
			return EXIT_USAGE;
		if (!flag(opt, o) && !value(opt, optarg, o))
			return bad(EXIT_USAGE, "not a value for this option", optarg);
	}
	if (optind != argc)
		return bad(EXIT_USAGE, "what is", argv[optind]);
	if ((o->socket == NULL) == (o->fd < 0))
		return bad(EXIT_USAGE, "one of --socket and --port-fd is needed", "");
	if (o->secret == NULL)
		return bad(EXIT_USAGE, "--secret is needed", "");
	if (o->roots == NULL && !o->any_signer)
		return bad(EXIT_USAGE, "--roots is needed",
			   "evidence that anybody may have signed says nothing (--any-signer)");
	if (o->expect == NULL && !o->any_measurement)
		return bad(EXIT_USAGE, "--expect is needed",
			   "a relying party that takes any measurement is worth nothing "
			   "(--any-measurement)");
	return -1;
}

static int load_trust(const struct options *o, struct means *m)
{
	if (o->roots != NULL) {
		if (!roots_load(&m->roots, o->roots))
			return bad(EXIT_ENVIRONMENT, o->roots, strerror(errno));
		m->config.roots = &m->roots;
	}
	if (o->expect != NULL) {
		if (!expect_load(&m->expect, o->expect))
			return bad(EXIT_USAGE, o->expect, m->expect.error);
		if (expect_value(&m->expect, "measurement") == NULL && !o->any_measurement)
			return bad(EXIT_USAGE, o->expect,
				   "no measurement in it: that would take any "
				   "(--any-measurement)");
		m->config.expect = &m->expect;
	}
	return -1;
}

static int load(const struct options *o, struct means *m)
{
	int code;

	m->config.kind = o->kind;
	m->config.any_signer = o->any_signer;
	m->config.allow_debug = o->allow_debug;
	m->config.seconds = o->seconds;
	if (o->challenge != NULL) {
		if (!hex_parse(o->challenge, m->challenge, sizeof(m->challenge)))
			return bad(EXIT_USAGE, "--challenge", "not 64 bytes in hex");
		m->config.challenge = m->challenge;
	}
	code = load_trust(o, m);
	if (code >= 0)
		return code;
	m->config.secret = file_read(o->secret, RELEASE_SECRET_MAX);
	if (m->config.secret.data == NULL)
		return bad(EXIT_ENVIRONMENT, o->secret, "cannot be read, or is too long");
	if (m->config.secret.size == 0)
		return bad(EXIT_USAGE, o->secret, "is empty");
	return -1;
}

static void print_json(const struct serve_outcome *r)
{
	json_t *text = json_string(r->text);

	printf("{\"code\": %d, \"released\": %s, \"text\": ", r->code,
	       r->released ? "true" : "false");
	json_dumpf(text, stdout, JSON_ENCODE_ANY);
	json_decref(text);
	printf(", \"evidence\": ");
	if (r->judged)
		verify_json(stdout, &r->verify);
	else
		printf("null");
	puts("}");
}

static int converse(int fd, const struct options *o, const struct means *m)
{
	struct serve_outcome r = { 0 };
	int code = serve_conversation(fd, &m->config, &r);

	if (o->json) {
		print_json(&r);
	} else if (!o->quiet) {
		if (r.judged)
			verify_print(stdout, &r.verify);
		printf("serve: %s\n", r.text);
	}
	fflush(stdout);
	serve_outcome_free(&r);
	return code;
}

/* -1: cannot; prints why. */
static int listen_on(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, st;

	if (strlen(path) >= sizeof(a.sun_path)) {
		bad(EXIT_USAGE, path, "too long for a socket");
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mask = umask(0177); /* whoever may connect may ask */
	st = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&a, sizeof(a));
	umask(mask);
	if (st != 0 || listen(fd, 8) != 0) {
		bad(EXIT_ENVIRONMENT, path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static volatile sig_atomic_t stopped;

static void on_stop(int number_of)
{
	(void)number_of;
	stopped = 1;
}

static int serve_socket(const struct options *o, const struct means *m)
{
	struct sigaction stop = { .sa_handler = on_stop, .sa_flags = SA_RESETHAND };
	int listener = listen_on(o->socket), code = EXIT_PASS;

	if (listener < 0)
		return EXIT_ENVIRONMENT;
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	while (!stopped) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0) {
			code = bad(EXIT_ENVIRONMENT, o->socket, strerror(errno));
			break;
		}
		code = converse(fd, o, m);
		close(fd);
		if (o->once)
			break;
		code = EXIT_PASS; /* each said its own; we end when told to */
	}
	close(listener);
	unlink(o->socket);
	return code;
}

int cmd_serve(int argc, char **argv)
{
	struct options o = { .kind = "workload", .fd = -1 };
	static struct means m; /* large */
	int code = parse(argc, argv, &o);

	if (code >= 0)
		return code;
	memset(&m, 0, sizeof(m));
	code = load(&o, &m);
	if (code < 0)
		code = o.fd >= 0 ? converse(o.fd, &o, &m) : serve_socket(&o, &m);
	if (m.config.secret.data != NULL)
		OPENSSL_cleanse((void *)m.config.secret.data, m.config.secret.size);
	free((void *)m.config.secret.data);
	roots_free(&m.roots);
	return code;
}
