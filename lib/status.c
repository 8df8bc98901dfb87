/* SPDX-License-Identifier: BSD-2-Clause */
#include "status.h"

const char *status_text(enum status st)
{
	static const char *const text[] = {
#define STATUS_TEXT(id, s) [id] = s,
		STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
	};

	if ((unsigned)st >= sizeof(text) / sizeof(text[0]))
		return "unknown status";
	return text[st];
}
