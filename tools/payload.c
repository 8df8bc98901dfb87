/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel, initrd and command line from the user's files; flash files with their hashes. */
#include "payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify.h"

static bool read_named(const char *what, const char *path, uint64_t max, struct bytes *out)
{
	if (path == NULL)
		return true;
	*out = file_read(path, max);
	if (out->data != NULL)
		return true;
	fprintf(stderr, "postern: %s %s: %s\n", what, path, strerror(errno));
	return false;
}

bool payload_read(const char *kernel, const char *initrd, const char *cmdline,
		  struct linux_payload *out)
{
	*out = (struct linux_payload){ .cmdline = cmdline };
	if (read_named("kernel", kernel, KERNEL_FILE_MAX, &out->kernel) &&
	    read_named("initrd", initrd, INITRD_FILE_MAX, &out->initrd))
		return true;
	payload_free(out);
	return false;
}

void payload_free(struct linux_payload *p)
{
	free((void *)p->kernel.data);
	free((void *)p->initrd.data);
	*p = (struct linux_payload){ .cmdline = NULL };
}

bool file_write(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");
	bool ok = f != NULL && fwrite(data, 1, size, f) == size;

	if (f != NULL && fclose(f) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "postern: cannot write %s: %s\n", path, strerror(errno));
	return ok;
}

bool flash_write(const char *image, const struct linux_payload *p, const char *out)
{
	struct bytes file = file_read(image, FLASH_FILE_MAX);
	const char *why;
	bool ok = false;

	if (file.data == NULL) {
		fprintf(stderr, "postern: image %s: %s\n", image, strerror(errno));
		return false;
	}
	why = kernel_hashes_fill((uint8_t *)file.data, file.size, p);
	if (why != NULL)
		fprintf(stderr, "postern: %s: %s\n", image, why);
	else
		ok = file_write(out, file.data, file.size);
	free((void *)file.data);
	return ok;
}
