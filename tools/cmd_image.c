/* SPDX-License-Identifier: BSD-2-Clause */
/* `postern uki` and `postern firmware`: files made for a launch. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "payload.h"

struct image_args {
	const char *kernel, *initrd, *append, *out, *image, *arch;
	bool help;
};

static const struct option options[] = {
	{ "kernel", required_argument, NULL, 'k' }, { "initrd", required_argument, NULL, 'i' },
	{ "append", required_argument, NULL, 'a' }, { "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },         { "image", required_argument, NULL, 'f' },
	{ "arch", required_argument, NULL, 'm' },   { NULL, 0, NULL, 0 },
};

static void uki_usage(FILE *f)
{
	fputs("usage: postern uki --kernel FILE [--initrd FILE] [--append TEXT] -o FILE\n"
	      "\n"
	      "Writes a unified kernel image for the disk that postern-firmware boots from, as\n"
	      "\\EFI\\BOOT\\BOOTX64.EFI or BOOTAA64.EFI. It has no stub: other firmware cannot run "
	      "it.\n"
	      "\n"
	      "  --kernel FILE   a bzImage or an arm64 Image\n"
	      "  --initrd FILE   its initial RAM disk\n"
	      "  --append TEXT   its command line\n"
	      "  --arch ARCH     x86_64 or arm64 (x86_64)\n"
	      "  -o FILE         where to\n",
	      f);
}

static void firmware_usage(FILE *f)
{
	fputs("usage: postern firmware --kernel FILE [--initrd FILE] [--append TEXT] -o FILE\n"
	      "\n"
	      "Copies the firmware's flash file with the hashes of what it shall boot in it: they "
	      "become\n"
	      "part of the launch measurement of SNP guests and TDs, and it boots nothing else.\n"
	      "\n"
	      "  --kernel FILE, --initrd FILE, --append TEXT   as the guest will get them\n"
	      "  --image FILE    the flash file (build/x86_64/postern-firmware.fd)\n"
	      "  -o FILE         where to\n",
	      f);
}

static int take_option(int opt, struct image_args *a, bool uki)
{
	switch (opt) {
	case 'k':
		a->kernel = optarg;
		return EXIT_PASS;
	case 'i':
		a->initrd = optarg;
		return EXIT_PASS;
	case 'a':
		a->append = optarg;
		return EXIT_PASS;
	case 'o':
		a->out = optarg;
		return EXIT_PASS;
	case 'h':
		a->help = true;
		return EXIT_PASS;
	case 'f':
		a->image = optarg;
		break;
	case 'm':
		a->arch = optarg;
		break;
	default:
		return EXIT_USAGE;
	}
	if ((opt == 'm') == uki)
		return EXIT_PASS;
	fprintf(stderr, "postern: --%s is for `postern %s`\n", opt == 'm' ? "arch" : "image",
		opt == 'm' ? "uki" : "firmware");
	return EXIT_USAGE;
}

static int take_options(int argc, char **argv, struct image_args *a, bool uki)
{
	const char *why;
	int opt, code = EXIT_PASS;

	*a = (struct image_args){ .image = "build/x86_64/postern-firmware.fd", .arch = "x86_64" };
	optind = 1;
	while (code == EXIT_PASS && (opt = getopt_long(argc, argv, "ho:", options, NULL)) != -1)
		code = take_option(opt, a, uki);
	if (code != EXIT_PASS || a->help)
		return code;
	if (optind < argc) {
		fprintf(stderr, "postern: I do not know '%s'; --help lists the options\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	if (a->kernel == NULL || a->out == NULL) {
		fprintf(stderr, "postern: --kernel and -o are needed; --help lists the options\n");
		return EXIT_USAGE;
	}
	why = cmdline_misfit(a->append, uki);
	if (why != NULL)
		fprintf(stderr, "postern: --append: %s\n", why);
	return why == NULL ? EXIT_PASS : EXIT_USAGE;
}

int cmd_uki(int argc, char **argv)
{
	struct linux_payload p;
	struct image_args a;
	struct bytes uki;
	int code = take_options(argc, argv, &a, true);
	bool arm, ok;

	if (code == EXIT_PASS && a.help)
		uki_usage(stdout);
	if (code != EXIT_PASS || a.help)
		return code;
	arm = strcmp(a.arch, "arm64") == 0;
	if (!arm && strcmp(a.arch, "x86_64") != 0) {
		fprintf(stderr, "postern: --arch %s: want x86_64 or arm64\n", a.arch);
		return EXIT_USAGE;
	}
	if (!payload_read(a.kernel, a.initrd, a.append, &p))
		return EXIT_ENVIRONMENT;
	uki = uki_make(&p, arm ? UKI_ARM64 : UKI_X86_64);
	if (uki.data == NULL)
		fprintf(stderr, "postern: kernel and initrd are too large for one image\n");
	ok = uki.data != NULL && file_write(a.out, uki.data, uki.size);
	free((void *)uki.data);
	payload_free(&p);
	return ok ? EXIT_PASS : EXIT_ENVIRONMENT;
}

int cmd_firmware(int argc, char **argv)
{
	struct linux_payload p;
	struct image_args a;
	int code = take_options(argc, argv, &a, false);
	bool ok;

	if (code == EXIT_PASS && a.help)
		firmware_usage(stdout);
	if (code != EXIT_PASS || a.help)
		return code;
	if (!payload_read(a.kernel, a.initrd, a.append, &p))
		return EXIT_ENVIRONMENT;
	ok = flash_write(a.image, &p, a.out);
	payload_free(&p);
	return ok ? EXIT_PASS : EXIT_ENVIRONMENT;
}
