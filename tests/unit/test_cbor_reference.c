/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
/*
 * The CBOR reader and the token parser against libcbor, which shares nothing with them: where one
 * item ends, over samples of others damaged in every byte; and every claim of every sample.
 * sources: attest/cbor.c attest/cca_token.c
 * libs: -lcbor
 */
/* clang-format on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cbor.h>
#include <glob.h>

#include "attest/cbor.h"
#include "vectors.h"

/* libcbor asks for as much memory as a head claims; that it is not given it is an error to it. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=64";
}

static u8 buf[VECTOR_MAX];

/* Bytes of the first item; 0: libcbor refuses, for what is in *error. */
static size_t reference_size(const u8 *data, size_t n, struct cbor_error *error)
{
	struct cbor_load_result result;
	cbor_item_t *item = cbor_load(data, n, &result);

	*error = result.error;
	if (item == NULL)
		return 0;
	cbor_decref(&item);
	return result.read;
}

static size_t our_size(const u8 *data, size_t n, enum status *st)
{
	struct cbor c = cbor_open((struct bytes){ data, n });

	*st = cbor_skip(&c);
	return *st == ST_OK ? (size_t)(c.at - data) : 0;
}

/* Well-formed heads that libcbor 0.8 refuses: tags 6 to 20, which had no meaning once, and simple
 * values without one. */
static bool unknown_to_libcbor(u8 head)
{
	return (head >= 0xc6 && head <= 0xd4) || (head >= 0xe0 && head <= 0xf3) || head == 0xf8;
}

/* It also checks that texts are UTF-8, which is not ours to say; it notices behind the text. */
static bool may_differ(const u8 *data, size_t n, struct cbor_error e)
{
	bool text = false;

	if (e.code == CBOR_ERR_MALFORMATED)
		return e.position < n && unknown_to_libcbor(data[e.position]);
	for (size_t i = 0; i < e.position; i++)
		text |= data[i] >> 5 == CBOR_TEXT && i + 1 < e.position;
	return e.code == CBOR_ERR_SYNTAXERROR && text;
}

static size_t agreed;

static void compare(const u8 *data, size_t n)
{
	struct cbor_error error;
	enum status st;
	size_t ours = our_size(data, n, &st), theirs = reference_size(data, n, &error);

	agreed += ours == theirs;
	if (theirs != 0 && ours != theirs)
		fail_msg("libcbor reads %zu bytes, we %zu (status %d)", theirs, ours, (int)st);
	if (theirs == 0 && ours != 0 && !may_differ(data, n, error))
		fail_msg("we read %zu bytes, libcbor refuses at %zu: %d", ours, error.position,
			 (int)error.code);
}

static void every_byte(void **state)
{
	glob_t files;

	if (glob(vectors_path("cca/*/*.cbor"), 0, NULL, &files) != 0)
		SKIP_WITHOUT(vectors_path("cca/*/*.cbor"));
	for (size_t f = 0; f < files.gl_pathc; f++) {
		size_t n = read_file(files.gl_pathv[f], buf, sizeof(buf));

		compare(buf, n);
		/* the heads are where a length or a type can change: among the first bytes */
		for (size_t i = 0; i < MIN(n, 48); i++) {
			u8 was = buf[i];

			for (unsigned v = 0; v < 256; v++) {
				buf[i] = (u8)v;
				compare(buf, n);
			}
			buf[i] = was;
		}
		for (size_t len = 0; len < n; len += 1 + len / 16)
			compare(buf, len);
	}
	globfree(&files);
	assert_true(agreed > 100000);
}

/* All heads there are, with nothing, a byte, and zeros behind them. */
static void all_short_items(void **state)
{
	u8 item[6] = { 0 };

	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			item[0] = (u8)a;
			item[1] = (u8)b;
			compare(item, 1);
			compare(item, 2);
			compare(item, sizeof(item));
		}
	}
}

/* ---- claims ---- */
static const cbor_item_t *member(const cbor_item_t *map, uint64_t key)
{
	struct cbor_pair *pairs = cbor_map_handle(map);

	for (size_t i = 0; i < cbor_map_size(map); i++)
		if (cbor_isa_uint(pairs[i].key) && cbor_get_int(pairs[i].key) == key)
			return pairs[i].value;
	return NULL;
}

static struct bytes content(const cbor_item_t *item)
{
	if (item == NULL)
		return (struct bytes){ NULL, 0 };
	if (cbor_isa_string(item))
		return (struct bytes){ cbor_string_handle(item), cbor_string_length(item) };
	assert_true(cbor_isa_bytestring(item));
	return (struct bytes){ cbor_bytestring_handle(item), cbor_bytestring_length(item) };
}

static void assert_same(struct bytes ours, const cbor_item_t *item)
{
	struct bytes theirs = content(item);

	assert_int_equal(ours.data != NULL, theirs.data != NULL);
	assert_int_equal(ours.size, theirs.size);
	if (ours.size > 0)
		assert_memory_equal(ours.data, theirs.data, ours.size);
}

/* COSE_Sign1 of one half: our views of it, and the claims inside (a new reference). */
static cbor_item_t *claims_of(cbor_item_t *collection, uint64_t key, struct bytes payload,
			      struct bytes signature)
{
	const cbor_item_t *half = member(collection, key);
	struct cbor_load_result result;
	cbor_item_t *array, *claims;

	assert_non_null(half);
	if (cbor_isa_array(half))
		half = cbor_array_handle(half)[1];
	assert_int_equal(content(half).data[0], 0xd2); /* tag 18, see above */
	array = cbor_load(content(half).data + 1, content(half).size - 1, &result);
	assert_non_null(array);
	assert_int_equal(cbor_array_size(array), 4);
	assert_same(payload, cbor_array_handle(array)[2]);
	assert_same(signature, cbor_array_handle(array)[3]);
	claims = cbor_load(payload.data, payload.size, &result);
	assert_non_null(claims);
	cbor_decref(&array);
	return claims;
}

static void compare_realm(const struct cca_token *t, const cbor_item_t *realm)
{
	const cbor_item_t *rems = member(realm, 44239);

	assert_same(t->challenge, member(realm, 10));
	assert_same(t->rpv, member(realm, 44235));
	assert_same(t->realm_hash_alg, member(realm, 44236));
	assert_same(t->rak, member(realm, 44237));
	assert_same(t->rim, member(realm, 44238));
	assert_same(t->rak_hash_alg, member(realm, 44240));
	assert_same(t->realm_profile, member(realm, 265));
	assert_int_equal(cbor_array_size(rems), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_same(t->rem[i], cbor_array_handle(rems)[i]);
}

static void compare_platform(const struct cca_token *t, const cbor_item_t *platform)
{
	assert_same(t->platform_challenge, member(platform, 10));
	assert_same(t->platform_profile, member(platform, 265));
	assert_same(t->implementation_id, member(platform, 2396));
	assert_same(t->instance_id, member(platform, 256));
	assert_same(t->config, member(platform, 2401));
	assert_same(t->service, member(platform, 2400));
	assert_same(t->component_hash_alg, member(platform, 2402));
	assert_int_equal(t->lifecycle, cbor_get_int(member(platform, 2395)));
}

static void every_claim(void **state)
{
	glob_t files;

	if (glob(vectors_path("cca/*/*[tn]*o*.cbor"), 0, NULL, &files) != 0)
		SKIP_WITHOUT(vectors_path("cca/*/*.cbor"));
	for (size_t f = 0; f < files.gl_pathc; f++) {
		size_t n = read_file(files.gl_pathv[f], buf, sizeof(buf));
		struct cbor_load_result result;
		cbor_item_t *token, *collection, *realm, *platform;
		struct cca_token t;

		if (cca_token_parse(buf, n, &t) != ST_OK)
			continue; /* bare claims */
		token = cbor_load(buf, n, &result);
		assert_non_null(token);
		assert_int_equal(result.read, n);
		collection = cbor_tag_item(token);
		realm = claims_of(collection, 44241, t.realm_payload, t.realm_signature);
		platform = claims_of(collection, 44234, t.platform_payload, t.platform_signature);
		compare_realm(&t, realm);
		compare_platform(&t, platform);
		cbor_decref(&platform);
		cbor_decref(&realm);
		cbor_decref(&collection);
		cbor_decref(&token);
	}
	globfree(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte),
		cmocka_unit_test(all_short_items),
		cmocka_unit_test(every_claim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
