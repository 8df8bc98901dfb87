/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "measure.h"
#include "verify.h"

static void usage(FILE *f)
{
	fputs("usage: postern COMMAND [OPTION...]\n"
	      "\n"
	      "  run       boot the guest in a host and judge what the host did\n"
	      "  list      the checks, rules and faults\n"
	      "  faults    run every fault of the reference host; the right checks must go red\n"
	      "  mutants   run mutants of the reference host's model; they must be noticed\n"
	      "  measure   predict the launch measurement of an image\n"
	      "  verify    judge a piece of evidence; each reason has its exit code\n"
	      "  serve     give a secret to a guest whose evidence holds\n"
	      "  firmware  write hashes of a kernel, initrd and command line into the firmware's "
	      "flash file\n"
	      "  uki       pack them into the unified image that the firmware boots from a disk\n"
	      "\n"
	      "  --help, --version\n"
	      "\n"
	      "postern COMMAND --help tells the options of a command.\n"
	      "\n"
	      "exit codes: 0 all held; 1 a check failed or the guest broke a rule; 2 wrong usage;\n"
	      "            3 no complete report (crash, budget, broken host); 4 something is "
	      "missing here\n",
	      f);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int, char **);
	} commands[] = {
		{ "run", cmd_run },         { "list", cmd_list },         { "faults", cmd_faults },
		{ "mutants", cmd_mutants }, { "measure", cmd_measure },   { "verify", cmd_verify },
		{ "serve", cmd_serve },     { "firmware", cmd_firmware }, { "uki", cmd_uki },
	};

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return EXIT_PASS;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("postern " POSTERN_VERSION);
		return EXIT_PASS;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "postern: no command '%s'; postern --help lists them\n", argv[1]);
	return EXIT_USAGE;
}
