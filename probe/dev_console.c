/* SPDX-License-Identifier: BSD-2-Clause */
/* A console device with ports (VIRTIO 1.2, 5.3): what goes into one comes out
 * of the other. */
#include <bearssl.h>
#include <string.h>

#include "dev.h"
#include "print.h"

#define PIPED     KIB(64)
#define PIECE     KIB(2)
#define ANSWER_NS 500000000ULL

static const char in_name[] = "org.postern.a", out_name[] = "org.postern.b";

struct pipe {
	struct virtio_console c;
	unsigned in, out;
};

static void pipe_close(struct pipe *p)
{
	virtio_console_close(&p->c);
}

/* false: skip or failure has been said. */
static bool pipe_open(struct pipe *p)
{
	struct virtio_device *d = dev_get(VIRTIO_ID_CONSOLE);
	int in, out;

	if (d == NULL || !dev_ok("opening", d, virtio_console_open(&p->c, d)))
		return false;
	in = virtio_console_find(&p->c, in_name, ANSWER_NS);
	out = virtio_console_find(&p->c, out_name, ANSWER_NS);
	p->in = (unsigned)in;
	p->out = (unsigned)out;
	if (d->broken == ST_OK && (in < 0 || out < 0) && !coop_available())
		check_skip("the console has no two ports that are one pipe");
	else if (dev_ok("its ports", d, d->broken) && in >= 0 && out >= 0)
		return true;
	else
		check_fail("its ports", "org.postern.a and org.postern.b, open", "%d and %d", in,
			   out);
	pipe_close(p);
	return false;
}

void dev_console_ports(void)
{
	struct pipe p;

	if (!pipe_open(&p))
		return;
	expect_ne("the number of the second port", p.out, p.in);
	pipe_close(&p);
}

static u8 piped(size_t at)
{
	return (u8)(at * 13 + at / 251);
}

static bool read_piece(struct pipe *p, size_t at)
{
	u8 buf[512];

	for (size_t done = 0; done < PIECE;) {
		size_t n = MIN(sizeof(buf), PIECE - done);

		if (!dev_ok("reading from the other port", p->c.d,
			    virtio_console_read(&p->c, p->out, buf, &n, ANSWER_NS)))
			return false;
		for (size_t i = 0; i < n; i++)
			if (!expect_eq("a byte in its place", buf[i], piped(at + done + i)))
				return false;
		done += n;
	}
	return true;
}

static bool pass_all(struct pipe *p)
{
	static u8 piece[PIECE];

	for (size_t at = 0; at < PIPED; at += PIECE) {
		for (size_t i = 0; i < PIECE; i++)
			piece[i] = piped(at + i);
		check_note("from byte %zu", at);
		if (!dev_ok("writing to a port", p->c.d,
			    virtio_console_write(&p->c, p->in, piece, PIECE)) ||
		    !read_piece(p, at))
			return false;
	}
	return true;
}

/* To the console itself goes one line, which the host finds in its file. */
static void say_line(struct pipe *p)
{
	static const char line[] = "Postern was here: 0123456789 abcdefghijklmnopqrstuvwxyz\n";
	br_sha256_context h;
	char text[65];
	u8 hash[32];

	for (unsigned i = 0; i < VIRTIO_CONSOLE_PORTS; i++) {
		if (!p->c.port[i].is_console)
			continue;
		if (!dev_ok("writing to the console", p->c.d,
			    virtio_console_write(&p->c, i, line, sizeof(line) - 1)))
			return;
		br_sha256_init(&h);
		br_sha256_update(&h, line, sizeof(line) - 1);
		br_sha256_out(&h, hash);
		hex_text(text, hash);
		print("# console-written: bytes=%zu sha256=%s\n", sizeof(line) - 1, text);
		return;
	}
}

void dev_console_pipe(void)
{
	struct pipe p;

	if (!pipe_open(&p))
		return;
	if (pass_all(&p))
		say_line(&p);
	pipe_close(&p);
}
