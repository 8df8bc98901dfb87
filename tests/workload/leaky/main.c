/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A workload that gives its secret away: all as the sample does, but the secret follows the proof
 * into the stream. The relying party can find nothing wrong with it; the host's search must.
 */
#include "../../../workload/secret-release/release.c"

#include "../../../workload/secret-release/keys.c"

/* In one write: the party closes when it has the proof, and a dead stream takes nothing. */
static enum status prove_and_leak(struct release *r)
{
	static u8 out[RELEASE_FRAME_HEAD + RELEASE_PROOF + RELEASE_SECRET_MAX];

	le_put(out, RELEASE_DONE, 4);
	le_put(out + 4, RELEASE_PROOF, 4);
	memcpy(out + RELEASE_FRAME_HEAD, r->proof, RELEASE_PROOF);
	memcpy(out + RELEASE_FRAME_HEAD + RELEASE_PROOF, r->secret, r->secret_size);
	return r->w->write(r->stream, out, RELEASE_FRAME_HEAD + RELEASE_PROOF + r->secret_size);
}

int workload_main(const struct workload *w)
{
	struct release *r = release_begin(w);
	enum status st;

	if (r == NULL)
		return 1;
	st = release_receive(r);
	if (st == ST_OK)
		st = prove_and_leak(r);
	if (st == ST_OK)
		w->log("secret received, proof sent, and the secret, too");
	release_end(r);
	return st == ST_OK ? 0 : 1;
}
