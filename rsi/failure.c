/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names by DEN0137. Where to look is for the guest's owner, who cannot see the host: it names the
 * piece of it that answers for the code.
 */
#include "failure.h"

#include "abi/psci.h"
#include "why.h"

#define INIT     "RSI_ATTESTATION_TOKEN_INIT"
#define CONTINUE "RSI_ATTESTATION_TOKEN_CONTINUE"
#define LOOK_RMM "the RMM's log (its console on the host)"
#define LOOK_SIGN                                                                                  \
	"the RMM's log, and that of the firmware at EL3 or HES, which signs the platform token"

static struct why why;
static const char *said = "";

static const struct why_code init_codes[] = {
	{ RSI_ERROR_INPUT, "RSI_ERROR_INPUT", LOOK_RMM },
	{ RSI_ERROR_STATE, "RSI_ERROR_STATE", LOOK_RMM ": the realm's or the REC's state" },
	{ RSI_ERROR_UNKNOWN, "RSI_ERROR_UNKNOWN", LOOK_SIGN },
	{ (u64)SMCCC_NOT_SUPPORTED, "NOT_SUPPORTED", "the RMM's version: it has no attestation" },
	{ 0, "unknown code", LOOK_RMM ", and DEN0137: it lacks this code" },
};

static const struct why_code continue_codes[] = {
	{ RSI_ERROR_INPUT, "RSI_ERROR_INPUT",
	  LOOK_RMM
	  ": the buffer is ours, one granule of protected RAM; did the host take it away" },
	{ RSI_ERROR_STATE, "RSI_ERROR_STATE",
	  LOOK_RMM ": the operation was lost; INIT and CONTINUE must run on one REC" },
	{ RSI_ERROR_UNKNOWN, "RSI_ERROR_UNKNOWN", LOOK_SIGN },
	{ (u64)SMCCC_NOT_SUPPORTED, "NOT_SUPPORTED", "the RMM's version: it has no attestation" },
	{ 0, "unknown code", LOOK_RMM ", and DEN0137: it lacks this code" },
};

/* A pointer, so that a CPU which only found another one at work leaves that one's text alone. */
static void publish(const char *text)
{
	__atomic_store_n(&said, text, __ATOMIC_RELEASE);
}

#define SAY(st, look, ...) (publish(why.text), why_set(&why, st, look, __VA_ARGS__))

const char *cca_evidence_why(void)
{
	return __atomic_load_n(&said, __ATOMIC_ACQUIRE);
}

void cca_why_nothing(void)
{
	publish("");
}

enum status cca_why_in_use(void)
{
	publish("another CPU is fetching a token, one can at a time; look: the caller");
	return ST_STATE;
}

enum status cca_why_init(u64 x0)
{
	const struct why_code *c = why_find(init_codes, ARRAY_SIZE(init_codes), x0);
	const struct rsi_status *s = rsi_status_of(x0);

	return SAY(s->status, c->look, INIT ": %s (%lld): %s", c->name, (long long)x0, s->meaning);
}

enum status cca_why_continue(u64 x0, size_t have, unsigned tries)
{
	const struct why_code *c = why_find(continue_codes, ARRAY_SIZE(continue_codes), x0);
	const struct rsi_status *s = rsi_status_of(x0);

	return SAY(s->status, c->look, CONTINUE ": %s (%lld) after %zu bytes, %u times begun: %s",
		   c->name, (long long)x0, have, tries, s->meaning);
}

enum status cca_why_written(u64 written, size_t offered)
{
	return SAY(ST_PROTOCOL, LOOK_RMM,
		   CONTINUE ": says it wrote %llu bytes where there was room for "
			    "%zu",
		   (unsigned long long)written, offered);
}

enum status cca_why_bound(u64 total, u64 bound)
{
	return SAY(ST_PROTOCOL, LOOK_RMM,
		   CONTINUE ": a token of %llu bytes or more; INIT said %llu at "
			    "most",
		   (unsigned long long)total, (unsigned long long)bound);
}

enum status cca_why_room(u64 total, size_t room)
{
	return SAY(ST_NO_MEMORY, "the caller, who gave it",
		   "a buffer of %zu bytes for a token of %llu or more", room,
		   (unsigned long long)total);
}

enum status cca_why_idle(size_t have, unsigned calls)
{
	return SAY(ST_NO_PROGRESS, LOOK_SIGN,
		   CONTINUE ": RSI_INCOMPLETE without a byte, %u times; %zu bytes came before",
		   calls, have);
}

enum status cca_why_empty(void)
{
	return SAY(ST_PROTOCOL, LOOK_RMM, CONTINUE ": success, but a token of 0 bytes");
}
