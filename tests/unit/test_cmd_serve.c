/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * postern serve: what it must be given before it starts, and a conversation through its socket. The
 * conversation itself and its verdict are the test's.
 * sources: tools/cmd_serve.c tools/verify_roots.c tools/verify_expect.c tools/verify_rows.c
 * libs: -lcrypto -ljansson -lpthread
 * flags: -Itools -Ihosts/arm64 -Ihosts/arm64/rmm
 */
/* clang-format on */
#include <fcntl.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve.h" /* first: cmocka.h has a macro of one of its names */

#include <cmocka.h>
#undef expect_value

/* ---- in place of serve.c and verify_print.c ---- */

static struct {
	unsigned calls, freed;
	int answer;
	bool judged;
	/* what it was given */
	struct serve_config config;
	u8 secret[RELEASE_SECRET_MAX], challenge[RELEASE_CHALLENGE];
	bool roots, expect;
	char measurement[200];
} served;

int serve_conversation(int fd, const struct serve_config *c, struct serve_outcome *o)
{
	char b;

	served.calls++;
	served.config = *c;
	memcpy(served.secret, c->secret.data, c->secret.size);
	if (c->challenge != NULL)
		memcpy(served.challenge, c->challenge, RELEASE_CHALLENGE);
	served.roots = c->roots != NULL && c->roots->keys == 1;
	served.expect = c->expect != NULL;
	if (c->expect != NULL && expect_value(c->expect, "measurement") != NULL)
		snprintf(served.measurement, sizeof(served.measurement), "%s",
			 expect_value(c->expect, "measurement"));
	assert_int_equal(recv(fd, &b, 1, 0), 1); /* somebody is there */
	memset(o, 0, sizeof(*o));
	o->code = served.answer;
	o->released = served.answer == EXIT_PASS;
	o->judged = served.judged;
	snprintf(o->text, sizeof(o->text), "refused: a \"text\"\nof %d", served.answer);
	return o->code;
}

void serve_outcome_free(struct serve_outcome *o)
{
	served.freed++;
}

void verify_print(FILE *f, const struct verify_result *r)
{
	fputs("the table\n", f);
}

void verify_json(FILE *f, const struct verify_result *r)
{
	fputs("{\"rows\": []}\n", f);
}

/* ---- files ---- */

static char dir[] = "/tmp/test_cmd_serve.XXXXXX";
static char secret[64], roots[64], expect[64], sock[64], out[64];

static void put(const char *path, const char *text, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, size, f), size);
	fclose(f);
}

static int set_up(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	char path[80];
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(secret, sizeof(secret), "%s/secret", dir);
	snprintf(roots, sizeof(roots), "%s/roots", dir);
	snprintf(expect, sizeof(expect), "%s/expect", dir);
	snprintf(sock, sizeof(sock), "%s/sock", dir);
	snprintf(out, sizeof(out), "%s/out", dir);
	put(secret, "open sesame", 11);
	put(expect, "measurement: 0011aa\n", 20);
	assert_int_equal(mkdir(roots, 0700), 0);
	snprintf(path, sizeof(path), "%s/key.pem", roots);
	f = fopen(path, "w");
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	fclose(f);
	EVP_PKEY_free(key);
	return 0;
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static int reset(void **state)
{
	(void)state;
	memset(&served, 0, sizeof(served));
	return 0;
}

/* ---- one call of the command ---- */

#define ARGS 24

static int serve(const char *first, ...)
{
	char *argv[ARGS] = { "serve" };
	const char *a = first;
	int argc = 1, code, kept = dup(STDOUT_FILENO), kept_err = dup(STDERR_FILENO), file;
	va_list ap;

	va_start(ap, first);
	for (; a != NULL && argc < ARGS - 1; a = va_arg(ap, const char *))
		argv[argc++] = (char *)a;
	va_end(ap);
	fflush(stdout);
	file = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(file, STDOUT_FILENO);
	dup2(file, STDERR_FILENO);
	close(file);
	code = cmd_serve(argc, argv);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	dup2(kept_err, STDERR_FILENO);
	close(kept);
	close(kept_err);
	return code;
}

static const char *printed(void)
{
	static char text[8192];
	FILE *f = fopen(out, "rb");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	fclose(f);
	text[n] = '\0';
	return text;
}

static void must_say(const char *text)
{
	if (strstr(printed(), text) == NULL)
		fail_msg("'%s' does not say '%s'", printed(), text);
}

#define FILES "--secret", secret, "--roots", roots, "--expect", expect

/* ---- what is asked for ---- */

static void test_usage(void **state)
{
	(void)state;
	assert_int_equal(serve("--help", NULL), EXIT_PASS);
	must_say("usage: postern serve");
	assert_int_equal(serve("--nonsense", NULL), EXIT_USAGE);
	assert_int_equal(serve(FILES, NULL), EXIT_USAGE);
	must_say("one of --socket and --port-fd");
	assert_int_equal(serve(FILES, "--socket", sock, "--port-fd", "0", NULL), EXIT_USAGE);
	assert_int_equal(serve(FILES, "--socket", sock, "more", NULL), EXIT_USAGE);
	must_say("more");
	assert_int_equal(serve("--socket", sock, "--roots", roots, "--expect", expect, NULL),
			 EXIT_USAGE);
	must_say("--secret is needed");
	assert_int_equal(served.calls, 0);
}

/* A relying party that trusts anybody, or anything, must be asked for by name. */
static void test_trust(void **state)
{
	static const char no_measurement[] = "platform: snp\n";

	(void)state;
	assert_int_equal(serve("--socket", sock, "--secret", secret, "--expect", expect, NULL),
			 EXIT_USAGE);
	must_say("--roots is needed");
	assert_int_equal(serve("--socket", sock, "--secret", secret, "--roots", roots, NULL),
			 EXIT_USAGE);
	must_say("worth nothing");
	put(expect, no_measurement, sizeof(no_measurement) - 1);
	assert_int_equal(serve("--socket", sock, FILES, NULL), EXIT_USAGE);
	must_say("no measurement in it");
	put(expect, "nonsense: 1\n", 12);
	assert_int_equal(serve("--socket", sock, FILES, NULL), EXIT_USAGE);
	must_say("nonsense");
	put(expect, "measurement: 0011aa\n", 20);
	assert_int_equal(serve("--socket", sock, "--secret", secret, "--expect", expect, "--roots",
			       "/nonexistent", NULL),
			 EXIT_ENVIRONMENT);
	assert_int_equal(served.calls, 0);
}

static void test_values(void **state)
{
	static const char *const bad[][2] = {
		{ "--port-fd", "-1" },
		{ "--port-fd", "x" },
		{ "--port-fd", "" },
		{ "--port-fd", "1x" },
		{ "--timeout", "0" },
		{ "--timeout", "-1" },
		{ "--timeout", "1e9" },
		{ "--timeout", "86401" },
		{ "--kind", "" },
		{ "--kind", "sixteen letters." },
		{ "--challenge", "00" },
		{ "--challenge", "" },
		{ "--timeout", "99999999999999999999" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(serve(FILES, "--socket", sock, bad[i][0], bad[i][1], NULL),
				 EXIT_USAGE);
	assert_int_equal(served.calls, 0);
}

static void test_secret(void **state)
{
	static char large[RELEASE_SECRET_MAX + 1];

	(void)state;
	put(secret, "", 0);
	assert_int_equal(serve("--socket", sock, FILES, NULL), EXIT_USAGE);
	must_say("is empty");
	put(secret, large, sizeof(large));
	assert_int_equal(serve("--socket", sock, FILES, NULL), EXIT_ENVIRONMENT);
	must_say("too long");
	assert_int_equal(remove(secret), 0);
	assert_int_equal(serve("--socket", sock, FILES, NULL), EXIT_ENVIRONMENT);
	put(secret, "open sesame", 11);
	assert_int_equal(served.calls, 0);
}

/* ---- conversations ---- */

static void by_descriptor(const char *option, int code)
{
	char number[16];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(send(pair[1], "x", 1, 0), 1);
	snprintf(number, sizeof(number), "%d", pair[0]);
	served.answer = code;
	assert_int_equal(serve(FILES, "--port-fd", number, option, NULL), code);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(served.calls, 1);
	assert_int_equal(served.freed, 1);
}

static void test_print(void **state)
{
	json_error_t error;
	json_t *j;

	served.judged = true;
	by_descriptor(NULL, VERIFY_KIND);
	must_say("the table\nserve: refused: a ");
	reset(state);
	by_descriptor(NULL, EXIT_INCOMPLETE);
	assert_null(strstr(printed(), "the table"));
	reset(state);
	served.judged = true;
	by_descriptor("--quiet", VERIFY_KIND);
	assert_string_equal(printed(), "");
	for (int judged = 0; judged < 2; judged++) {
		reset(state);
		served.judged = judged;
		by_descriptor("--json", judged ? EXIT_PASS : VERIFY_POLICY);
		j = json_loads(printed(), 0, &error);
		assert_non_null(j);
		assert_int_equal(json_integer_value(json_object_get(j, "code")),
				 judged ? 0 : VERIFY_POLICY);
		assert_int_equal(json_is_true(json_object_get(j, "released")), judged);
		assert_string_equal(json_string_value(json_object_get(j, "text")),
				    judged ? "refused: a \"text\"\nof 0"
					   : "refused: a \"text\"\nof 17");
		assert_int_equal(json_is_object(json_object_get(j, "evidence")), judged);
		json_decref(j);
	}
}

static void test_passed_on(void **state)
{
	char hex[129];

	(void)state;
	by_descriptor("--allow-debug", EXIT_PASS);
	assert_true(served.config.allow_debug);
	assert_false(served.config.any_signer);
	assert_int_equal(served.config.secret.size, 11);
	assert_memory_equal(served.secret, "open sesame", 11);
	assert_string_equal(served.config.kind, "workload");
	assert_null(served.config.challenge);
	assert_int_equal(served.config.seconds, 0);
	assert_true(served.roots && served.expect);
	assert_string_equal(served.measurement, "0011aa");
	memset(hex, 'a', 128);
	hex[128] = '\0';
	reset(state);
	served.answer = EXIT_PASS;
	{
		int pair[2];
		char number[16];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		assert_int_equal(send(pair[1], "x", 1, 0), 1);
		snprintf(number, sizeof(number), "%d", pair[0]);
		assert_int_equal(serve("--secret", secret, "--port-fd", number, "--any-signer",
				       "--any-measurement", "--kind", "probe", "--challenge", hex,
				       "--timeout", "7", NULL),
				 EXIT_PASS);
		close(pair[0]);
		close(pair[1]);
	}
	assert_true(served.config.any_signer);
	assert_false(served.config.allow_debug);
	assert_false(served.roots || served.expect);
	assert_string_equal(served.config.kind, "probe");
	assert_int_equal(served.config.seconds, 7);
	for (unsigned i = 0; i < RELEASE_CHALLENGE; i++)
		assert_int_equal(served.challenge[i], 0xaa);
}

static struct {
	unsigned times;
	mode_t mode;
	bool stop;
	pthread_t server;
} caller;

static void *call(void *unused)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, sock);
	for (unsigned done = 0; done < caller.times;) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		struct stat st;
		char b;

		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0) {
			if (stat(sock, &st) == 0)
				caller.mode = st.st_mode & 0777;
			(void)send(fd, "x", 1, MSG_NOSIGNAL);
			(void)recv(fd, &b, 1, 0); /* until it is closed */
			done++;
		}
		close(fd);
		usleep(1000);
	}
	if (caller.stop) {
		usleep(50000); /* it waits again */
		pthread_kill(caller.server, SIGTERM);
	}
	return unused;
}

static void test_socket(void **state)
{
	pthread_t thread;

	(void)state;
	served.answer = VERIFY_FRESHNESS;
	caller.times = 1;
	caller.stop = false;
	assert_int_equal(pthread_create(&thread, NULL, call, NULL), 0);
	assert_int_equal(serve(FILES, "--socket", sock, "--once", NULL), VERIFY_FRESHNESS);
	pthread_join(thread, NULL);
	assert_int_equal(served.calls, 1);
	assert_int_equal(caller.mode, 0600);
	assert_int_equal(access(sock, F_OK), -1);
	/* Without --once until it is told to end, whatever became of each. */
	served.calls = 0;
	caller.times = 3;
	caller.stop = true;
	caller.server = pthread_self();
	assert_int_equal(pthread_create(&thread, NULL, call, NULL), 0);
	assert_int_equal(serve(FILES, "--socket", sock, NULL), EXIT_PASS);
	pthread_join(thread, NULL);
	assert_int_equal(served.calls, 3);
}

static void test_bad_socket(void **state)
{
	char longer[200];

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(serve(FILES, "--socket", longer, NULL), EXIT_ENVIRONMENT);
	assert_int_equal(serve(FILES, "--socket", secret, NULL), EXIT_ENVIRONMENT); /* a file */
	assert_int_equal(access(secret, F_OK), 0); /* which is still there */
	assert_int_equal(served.calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_usage, reset),
		cmocka_unit_test_setup(test_trust, reset),
		cmocka_unit_test_setup(test_values, reset),
		cmocka_unit_test_setup(test_secret, reset),
		cmocka_unit_test_setup(test_print, reset),
		cmocka_unit_test_setup(test_passed_on, reset),
		cmocka_unit_test_setup(test_socket, reset),
		cmocka_unit_test_setup(test_bad_socket, reset),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
