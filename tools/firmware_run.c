/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a run of the firmware, in its temporary directory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "payload.h"
#include "verify.h"

static bool make_flash(const struct machine *m, const struct run_spec *s,
		       const struct linux_payload *p, char *image, size_t size)
{
	char out[128];

	if (s->hashes == HASHES_DEFAULT) {
		struct bytes file = file_read(image, FLASH_FILE_MAX);
		bool filled = file.data != NULL && kernel_hashes_filled(file);

		free((void *)file.data);
		if (filled)
			return true; /* by somebody who knew of what */
	}
	snprintf(out, sizeof(out), "%s/firmware.fd", m->dir);
	if (!flash_write(image, p, out)) {
		fputs("postern: with --hashes none the image is used as it is\n", stderr);
		return false;
	}
	snprintf(image, size, "%s", out);
	return true;
}

static bool make_disk(const struct machine *m, const struct run_spec *s,
		      const struct linux_payload *p)
{
	bool arm = host_info(s->host)->arch == ARCH_ARM64, ok;
	struct bytes file;
	char path[128];

	if (s->uki != NULL)
		file = file_read(s->uki, KERNEL_FILE_MAX + INITRD_FILE_MAX);
	else
		file = uki_make(p, arm ? UKI_ARM64 : UKI_X86_64);
	if (file.data == NULL) {
		fprintf(stderr, "postern: %s: %s\n", s->uki != NULL ? s->uki : "kernel and initrd",
			s->uki != NULL ? strerror(errno) : "too large for a disk");
		return false;
	}
	snprintf(path, sizeof(path), "%s/disk", m->dir);
	ok = boot_disk_make(path, arm ? "BOOTAA64.EFI" : "BOOTX64.EFI", file);
	free((void *)file.data);
	return ok;
}

bool firmware_prepare(const struct machine *m, const struct run_spec *s, char *image, size_t size)
{
	struct linux_payload p;
	bool ok;

	if (!payload_read(s->kernel, s->initrd, s->append, &p))
		return false;
	ok = run_hashes(s) != HASHES_FLASH || make_flash(m, s, &p, image, size);
	if (ok && s->disk != NULL && access(s->disk, R_OK) != 0) {
		fprintf(stderr, "postern: --disk %s: %s\n", s->disk, strerror(errno));
		ok = false;
	}
	if (ok && run_boot(s) == BOOT_DISK && s->disk == NULL)
		ok = make_disk(m, s, &p);
	payload_free(&p);
	return ok;
}
