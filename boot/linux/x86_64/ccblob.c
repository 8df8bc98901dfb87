/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How an SNP kernel without EFI learns where its secrets and its CPUID page are: a node of
 * setup_data with the address of the "confidential computing blob" (linux-boot sheet section 2.1).
 */
#include <string.h>

#include "abi/linux_params.h"
#include "le.h"
#include "params.h"

/* The node's address in 4 bytes, then the blob on a multiple of 8. */
#define BLOB_AT 24u

_Static_assert(BLOB_AT + CC_BLOB_SIZE == CC_BLOB_BYTES, "node and blob");

enum status cc_blob_build(u8 buf[CC_BLOB_BYTES], u64 node, u64 secrets, u64 cpuid)
{
	u8 *blob = buf + BLOB_AT;

	/* Linux keeps both addresses in 32 bits. */
	if (node > GIB(4) - CC_BLOB_BYTES)
		return ST_RANGE;
	if (!is_aligned(node, 8) || !is_aligned(secrets | cpuid, PAGE_SIZE))
		return ST_ALIGN;
	memset(buf, 0, CC_BLOB_BYTES);
	le_put(buf + SETUP_DATA_TYPE, SETUP_DATA_CC_BLOB, 4);
	/* As long as node and blob are, so that KASLR, which avoids nodes, avoids the blob, too. */
	le_put(buf + SETUP_DATA_LEN, CC_BLOB_BYTES - SETUP_DATA_HEADER, 4);
	le_put(buf + SETUP_DATA_HEADER, node + BLOB_AT, 4);

	le_put(blob + CC_BLOB_MAGIC, CC_BLOB_MAGIC_VALUE, 4);
	le_put(blob + CC_BLOB_VERSION, CC_BLOB_VERSION_VALUE, 2);
	le_put(blob + CC_BLOB_SECRETS, secrets, 8);
	le_put(blob + CC_BLOB_SECRETS_LEN, CC_BLOB_PAGE_LEN, 4);
	le_put(blob + CC_BLOB_CPUID, cpuid, 8);
	le_put(blob + CC_BLOB_CPUID_LEN, CC_BLOB_PAGE_LEN, 4);
	return ST_OK;
}
