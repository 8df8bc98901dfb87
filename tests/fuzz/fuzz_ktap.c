/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile guest's console and a broken host's channel against the tool's readers.
 * sources: tools/ktap.c tools/channel.c
 * libs: -Itools
 */
#include <stdlib.h>
#include <string.h>

#include "../../tools/postern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ktap k;
	static struct channel c;
	char line[4096];
	size_t n = 0;

	memset(&k, 0, sizeof(k));
	memset(&c, 0, sizeof(c));
	for (size_t i = 0; i < size; i++) {
		if (data[i] != '\n' && n < sizeof(line) - 1) {
			line[n++] = (char)data[i];
			continue;
		}
		line[n] = '\0';
		ktap_line(&k, line);
		channel_line(&c, line);
		n = 0;
	}
	/* Whatever was said: counted results are within the table, and complete means agreement. */
	if (k.count > KTAP_MAX || (ktap_complete(&k) && k.pass + k.fail + k.skip != k.plan))
		abort();
	return 0;
}
