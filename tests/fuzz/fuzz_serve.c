/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * A guest that says anything to the relying party, its frames right up to some point. What its
 * evidence is worth is decided by the input. The conversation ends, and the secret goes to nobody
 * whose evidence does not hold.
 * sources: tools/serve.c tools/serve_frame.c tools/serve_crypto.c tools/verify_roots.c tools/verify_expect.c tools/verify_rows.c
 * libs: -lcrypto -ljansson
 * flags: -Itools -Ihosts/arm64 -Ihosts/arm64/rmm
 */
/* clang-format on */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "input.h"
#include "serve.h"

#define SENT 60000 /* less than a socket holds */

static const u8 generator[RELEASE_POINT] = {
	0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
	0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
	0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
	0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
	0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
};
static const u8 text[] = "the secret of the test";
static u8 verdict, sent[SENT + 4096];
static size_t sent_size;

void verify_evidence(const struct verify_input *in, struct verify_result *r)
{
	static const char *const platform[] = { NULL, "cca", "snp", "tdx" };
	static const u8 data[REPORT_DATA_SIZE], set[48] = { 1 };

	if (in->key.size != RELEASE_POINT || in->evidence.size == 0 ||
	    in->evidence.size > RELEASE_FRAME_MAX || in->certificates.size > RELEASE_FRAME_MAX ||
	    in->log.size > RELEASE_FRAME_MAX || (in->log.data == NULL) != (in->log.size == 0))
		__builtin_trap();
	r->platform = platform[verdict & 3];
	r->report_data = (struct bytes){ data, verdict & 4 ? 63 : 64 };
	if (verdict & 8)
		r->reg[1] = (struct bytes){ set, sizeof(set) };
	if (verdict & 0x10)
		verify_add(r, ROW_FAILED, VERIFY_MEASUREMENT, "measurement", "not that");
	if (verdict & 0x20)
		verify_add(r, ROW_NOT_CHECKED, VERIFY_UNCHECKED, "chain", "no roots");
}

static void frame(u32 type, const u8 *payload, size_t size)
{
	u8 *p = sent + sent_size;

	for (unsigned i = 0; i < 4; i++) {
		p[i] = (u8)(type >> (8 * i));
		p[4 + i] = (u8)(size >> (8 * i));
	}
	memcpy(p + 8, payload, size);
	sent_size += 8 + size;
}

/* So many frames as they should be, then anything. */
static void guest(void)
{
	static const u8 blob[64];
	u8 hello[8] = { RELEASE_VERSION, 0, 0, 0, verdict & 3 };
	unsigned good = byte() % 7;
	size_t rest;

	sent_size = 0;
	if (good > 0)
		frame(RELEASE_HELLO, hello, sizeof(hello));
	if (good > 1)
		frame(RELEASE_KEY, generator, sizeof(generator));
	if (good > 2)
		frame(RELEASE_EVIDENCE, blob, sizeof(blob));
	if (good > 3)
		frame(RELEASE_CERTS, blob, byte() % sizeof(blob));
	if (good > 4)
		frame(RELEASE_LOG, blob, byte() % sizeof(blob));
	if (good > 5)
		frame(RELEASE_DONE, blob, RELEASE_PROOF);
	rest = MIN(input.left, (size_t)SENT);
	memcpy(sent + sent_size, input.at, rest);
	sent_size += rest;
}

static void judge_end(const struct serve_outcome *o)
{
	bool held =
	    (verdict & 0x14) == 0 && (verdict & 3) != 0 && !((verdict & 8) && o->log.size == 0);

	if (o->released && !held)
		__builtin_trap();
	/* The proof is of a key that no input knows. */
	if (o->code == EXIT_PASS || o->text[0] == '\0')
		__builtin_trap();
	if (o->released != (o->code == EXIT_FAILED || (o->code == EXIT_INCOMPLETE && o->judged)))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct serve_config c = { .secret = { text, sizeof(text) },
				  .kind = "workload",
				  .any_signer = true,
				  .seconds = 5 };
	static struct serve_outcome o;
	int pair[2];

	input_start(data, size);
	verdict = byte();
	guest();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		__builtin_trap();
	if (send(pair[1], sent, sent_size, MSG_DONTWAIT) != (ssize_t)sent_size && sent_size != 0)
		__builtin_trap();
	shutdown(pair[1], SHUT_WR);
	serve_conversation(pair[0], &c, &o);
	judge_end(&o);
	serve_outcome_free(&o);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
