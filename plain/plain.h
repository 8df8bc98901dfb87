/* SPDX-License-Identifier: BSD-2-Clause */
/* The half of the plain platform that no architecture changes: nobody to ask, nothing to attest. */
#ifndef PLAIN_H
#define PLAIN_H

#include "cvm.h"

enum status plain_is_private(struct range r);
enum status plain_accept(struct range r, struct accept_stats *stats);
enum status plain_convert(struct range r);
enum status plain_evidence(const u8 report_data[64], void *shared, u8 *buf, size_t *len);
enum status plain_measure_read(unsigned index, u8 *digest, size_t *len);
enum status plain_measure_extend(unsigned index, const u8 *digest, size_t len);

#endif
