/* SPDX-License-Identifier: BSD-2-Clause */
#include "plain.h"

enum status plain_is_private(struct range r)
{
	return ST_OK;
}

/* Nothing to ask anybody: only the bookkeeping. */
enum status plain_accept(struct range r, struct accept_stats *stats)
{
	stats->bytes += r.size;
	return ST_OK;
}

enum status plain_convert(struct range r)
{
	return ST_OK;
}

enum status plain_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len)
{
	return ST_UNSUPPORTED;
}

enum status plain_measure_read(unsigned index, u8 *digest, size_t *len)
{
	return ST_UNSUPPORTED;
}

enum status plain_measure_extend(unsigned index, const u8 *digest, size_t len)
{
	return ST_UNSUPPORTED;
}
