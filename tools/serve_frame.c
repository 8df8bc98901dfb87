/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of a secret release over a socket. A guest that sends nothing, or takes nothing, or says a
 * size that is not its own, ends the conversation and holds up nobody. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "le.h"
#include "serve.h"

s64 serve_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (s64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until the socket can do what is asked for, or the deadline. */
static enum serve_io wait_for(const struct serve_line *l, short events)
{
	for (;;) {
		struct pollfd p = { l->fd, events, 0 };
		s64 left = l->deadline_ms - serve_now_ms();
		int n;

		if (left <= 0)
			return SERVE_IO_TIMEOUT;
		n = poll(&p, 1, (int)MIN(left, 1000000));
		if (n > 0)
			return SERVE_IO_OK;
		if (n < 0 && errno != EINTR)
			return SERVE_IO_CLOSED;
	}
}

static bool try_again(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static enum serve_io read_all(const struct serve_line *l, u8 *out, size_t size)
{
	while (size > 0) {
		enum serve_io st = wait_for(l, POLLIN);
		ssize_t n;

		if (st != SERVE_IO_OK)
			return st;
		n = recv(l->fd, out, size, MSG_DONTWAIT);
		if (try_again(n))
			continue;
		if (n <= 0)
			return SERVE_IO_CLOSED;
		out += n;
		size -= (size_t)n;
	}
	return SERVE_IO_OK;
}

static enum serve_io write_all(const struct serve_line *l, const u8 *data, size_t size)
{
	while (size > 0) {
		enum serve_io st = wait_for(l, POLLOUT);
		ssize_t n;

		if (st != SERVE_IO_OK)
			return st;
		n = send(l->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (try_again(n))
			continue;
		if (n < 0)
			return SERVE_IO_CLOSED;
		data += n;
		size -= (size_t)n;
	}
	return SERVE_IO_OK;
}

enum serve_io serve_receive(const struct serve_line *l, enum release_frame type, size_t min,
			    size_t max, struct bytes *out)
{
	u8 head[RELEASE_FRAME_HEAD];
	enum serve_io st = read_all(l, head, sizeof(head));
	size_t size;
	u8 *data;

	if (st != SERVE_IO_OK)
		return st;
	size = le32(head + 4);
	if (le32(head) != (u32)type)
		return SERVE_IO_TYPE;
	if (size < min || size > max || size > RELEASE_FRAME_MAX)
		return SERVE_IO_SIZE;
	data = malloc(size + 1);
	if (data == NULL)
		return SERVE_IO_MEMORY;
	st = read_all(l, data, size);
	if (st != SERVE_IO_OK) {
		free(data);
		return st;
	}
	*out = (struct bytes){ data, size };
	return SERVE_IO_OK;
}

enum serve_io serve_send(const struct serve_line *l, enum release_frame type, const u8 *payload,
			 size_t size)
{
	u8 head[RELEASE_FRAME_HEAD];
	enum serve_io st;

	le_put(head, (u32)type, 4);
	le_put(head + 4, (u32)size, 4);
	st = write_all(l, head, sizeof(head));
	return st == SERVE_IO_OK ? write_all(l, payload, size) : st;
}
