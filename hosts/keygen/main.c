/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keygen DIR: makes the test keys of the reference hosts, new for each build directory and never
 * committed.
 *   test_keys.h   P-384: CPAK signs platform tokens (Arm: CCA Platform Attestation Key), RAK signs
 *                 realm tokens (Realm Attestation Key); NAME.pem the public halves
 *   snp_keys.h    VCEK (P-384) and its chain to a test ARK; snp/{ark,ask,vcek}.pem
 *   tdx_keys.h    PCK and attestation key (P-256), PCK's chain; tdx/{root,platform,pck}.pem
 */
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>

#include "keygen.h"

static void make_key(FILE *header, const char *dir, const char *name)
{
	unsigned char scalar[48], point[97] = { 4 };
	EVP_PKEY *key = make_ec("P-384");
	char pem[64];
	FILE *f;

	ec_scalar(key, scalar, sizeof(scalar));
	ec_point(key, point + 1, 48);
	write_array(header, name, "private", scalar, sizeof(scalar));
	write_array(header, name, "public", point, sizeof(point));
	snprintf(pem, sizeof(pem), "%s.pem", name);
	f = create(dir, pem);
	if (PEM_write_PUBKEY(f, key) != 1 || fclose(f) != 0)
		die(pem);
	EVP_PKEY_free(key);
}

static void make_token_keys(const char *dir)
{
	FILE *header = open_header(dir, "test_keys.h", "TEST_KEYS_H",
				   "P-384: scalar big-endian, point uncompressed.");

	make_key(header, dir, "cpak");
	make_key(header, dir, "rak");
	close_header(header);
}

static void make_directory(const char *dir, const char *name)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		die(dir);
	(void)mkdir(path, 0777); /* there already: what is created inside tells */
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: keygen DIR\n");
		return 2;
	}
	make_directory(argv[1], "snp");
	make_directory(argv[1], "tdx");
	make_snp_keys(argv[1]);
	make_tdx_keys(argv[1]);
	make_token_keys(argv[1]); /* last: the build waits for this file */
	return 0;
}
