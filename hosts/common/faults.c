/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults chosen for this run, by their names in faults.def. */
#include "common/faults.h"

#include <string.h>

#include "core/core.h"
#include "print.h"

#define FAULT(id, name, what, rules) [id] = name,
static const char *const fault_names[FAULT_COUNT] = {
	[0] = "", /* none */
#include "model_faults.def"
};
#undef FAULT

static bool chosen[FAULT_COUNT];

static bool choose(const char *name, size_t n)
{
	for (unsigned i = 1; i < FAULT_COUNT; i++) {
		if (strlen(fault_names[i]) == n && memcmp(fault_names[i], name, n) == 0) {
			chosen[i] = true;
			return true;
		}
	}
	return false;
}

enum status faults_choose(const char *list, char *error, size_t error_size)
{
	while (*list != '\0') {
		const char *comma = strchr(list, ',');
		size_t n = comma != NULL ? (size_t)(comma - list) : strlen(list);

		if (!choose(list, n)) {
			snprint(error, error_size, "unknown fault '%.*s'", (int)n, list);
			return ST_NOT_FOUND;
		}
		list += n + (comma != NULL ? 1 : 0);
	}
	return ST_OK;
}

void faults_announce(void)
{
	for (unsigned i = 0; i < FAULT_COUNT; i++) {
		if (chosen[i])
			channel("fault: %s", fault_names[i]);
	}
}

bool fault_on(enum fault_id f)
{
	return chosen[f];
}
