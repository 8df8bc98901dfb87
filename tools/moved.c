/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest says it moved through its devices, held against the files on the host:
 *
 *   # disk-read: bytes=N sha256=HEX              the first N bytes of the read area
 *   # disk-written: offset=N bytes=N sha256=HEX  offset on the disk
 *   # console-written: bytes=N sha256=HEX        everything ever written to the virtconsole
 *   # tftp: bytes=N sha256=HEX                   the file as TFTP served it
 *
 * A guest that was fooled by its host, or by itself, says what it believes; the file says what is.
 */
#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "abi/disk.h"
#include "postern.h"

static const struct {
	const char *prefix, *what;
	bool offset;
} kinds[] = {
	[MOVED_DISK_READ] = { "# disk-read: ", "read from the disk", false },
	[MOVED_DISK_WRITTEN] = { "# disk-written: ", "written to the disk", true },
	[MOVED_CONSOLE] = { "# console-written: ", "written to the virtconsole", false },
	[MOVED_TFTP] = { "# tftp: ", "fetched by TFTP", false },
};

static bool hash_word(const char *line, char hex[65])
{
	const char *p = strstr(line, " sha256=");
	size_t n = p != NULL ? strspn(p + 8, "0123456789abcdef") : 0;

	if (n != 64 || (p[8 + n] != '\0' && p[8 + n] != ' '))
		return false;
	memcpy(hex, p + 8, n);
	hex[n] = '\0';
	return true;
}

void moved_line(struct moves *m, const char *line)
{
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		size_t n = strlen(kinds[k].prefix);
		struct moved e = { .kind = (enum moved_kind)k };

		if (strncmp(line, kinds[k].prefix, n) != 0)
			continue;
		/* The space before the first word stays, so that each word begins with one. */
		if (m->n == MOVED_MAX || !line_value(line + n, "bytes", &e.bytes) || e.bytes == 0 ||
		    !hash_word(line + n - 1, e.sha256) ||
		    (kinds[k].offset && !line_value(line + n, "offset", &e.offset)))
			m->malformed = true;
		else
			m->move[m->n++] = e;
		return;
	}
}

/* Written again later: what stands there now is the later one's. */
static bool superseded(const struct moves *m, size_t i)
{
	const struct moved *a = &m->move[i];

	for (size_t j = i + 1; j < m->n; j++) {
		const struct moved *b = &m->move[j];

		if (a->kind != b->kind)
			continue;
		if (a->kind == MOVED_CONSOLE)
			return true;
		if (a->kind == MOVED_DISK_WRITTEN && a->offset - b->offset < b->bytes)
			return true;
		if (a->kind == MOVED_DISK_WRITTEN && b->offset - a->offset < a->bytes)
			return true;
	}
	return false;
}

static bool inside(uint64_t offset, uint64_t bytes, uint64_t base, uint64_t length)
{
	return offset >= base && offset - base <= length && bytes <= length - (offset - base);
}

/* Which piece of which file it speaks of; NULL, or why there is none. */
static const char *locate(const struct moved *e, const struct device_files *f, const char **path,
			  uint64_t *offset)
{
	struct stat st;

	*offset = 0;
	switch (e->kind) {
	case MOVED_DISK_READ:
		*path = f->disk;
		*offset = f->plan.read_offset;
		return e->bytes <= f->plan.read_length ? NULL : "more than its read area has";
	case MOVED_DISK_WRITTEN:
		*path = f->disk;
		*offset = e->offset;
		return inside(e->offset, e->bytes, f->plan.write_offset, f->plan.write_length)
			   ? NULL
			   : "outside its write area";
	case MOVED_CONSOLE:
		*path = f->console;
		return stat(*path, &st) == 0 && (uint64_t)st.st_size == e->bytes
			   ? NULL
			   : "and the file's size is another";
	default:
		*path = f->tftp;
		return e->bytes == TFTP_SIZE ? NULL : "and the file's size is another";
	}
}

bool moves_judge(const struct moves *m, const struct device_files *f, char *why, size_t size)
{
	const char *path, *bad;
	uint64_t offset;
	char hex[65];

	if (m->malformed) {
		snprintf(why, size, "a line on moved data that cannot be read");
		return false;
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct moved *e = &m->move[i];

		if (superseded(m, i))
			continue;
		bad = locate(e, f, &path, &offset);
		if (bad == NULL && !file_sha256(path, offset, e->bytes, hex))
			bad = "and the host cannot read that";
		if (bad == NULL && strcmp(hex, e->sha256) != 0)
			bad = "and on the host it is something else";
		if (bad == NULL)
			continue;
		snprintf(why, size, "%llu bytes %s %s", (unsigned long long)e->bytes,
			 kinds[e->kind].what, bad);
		return false;
	}
	return true;
}
