/* SPDX-License-Identifier: BSD-2-Clause */
/* The certificate table a host hands over with a report (56421; pure). The host's word until a
 * verifier has checked the chain; here only its shape is. */
#ifndef GHCB_CERTS_H
#define GHCB_CERTS_H

#include "abi/snp.h"
#include "status.h"
#include "types.h"

/*
 * table: private copy of what came, size bytes. ST_OK and *used: bytes from the start to the end of
 * the last certificate (an empty table: its terminator). ST_TRUNCATED: no terminator; ST_RANGE: a
 * certificate lies outside size; ST_OVERLAP: in the table itself.
 */
enum status certs_check(const u8 *table, size_t size, size_t *used);

#endif
