/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names by the SNP firmware ABI (56860) and the GHCB specification (56421). Where to look is for
 * the guest's owner, who cannot see the host: it names the piece of it that answers for the code.
 */
#include "failure.h"

#include "internal.h"
#include "why.h"

#define LOOK_HOST   "the host's kernel log (kvm_amd, ccp) and the VMM's"
#define LOOK_CERTS  "the host's certificate table: what the VMM was given to hand out"
#define LOOK_VENDOR "56860, status codes, and the host's kernel log (ccp)"
#define LOOK_RELAY  "what lies between guest and firmware: the host carried, changed or made this"
#define LOOK_ANEW   "nowhere: only a new launch brings new keys"

static struct why why;
static const char *said = "";

/* INFO2, low half: what the firmware made of SNP_GUEST_REQUEST. */
static const struct why_code firmware[] = {
	{ 0x00, "SUCCESS", LOOK_HOST },
	{ 0x01, "INVALID_PLATFORM_STATE", "is SNP initialised on the host (ccp: SNP_INIT_EX)" },
	{ 0x02, "INVALID_GUEST_STATE", "the guest's launch: was it finished (SNP_LAUNCH_FINISH)" },
	{ 0x03, "INVALID_CONFIG", LOOK_VENDOR },
	{ 0x04, "INVALID_LENGTH", LOOK_VENDOR },
	{ 0x07, "POLICY_FAILURE", "the guest's policy against what the firmware may do for it" },
	{ 0x08, "INACTIVE", "the guest is not active: SNP_ACTIVATE on the host" },
	{ 0x09, "INVALID_ADDRESS", "the pages the host gave the firmware (ccp)" },
	{ 0x0a, "BAD_SIGNATURE", LOOK_VENDOR },
	{ 0x0b, "BAD_MEASUREMENT",
	  "the request's tag did not verify: the host changed the message, or the key is "
	  "another's" },
	{ 0x10, "INVALID_GUEST", "the guest context the host named (kvm_amd)" },
	{ 0x11, "INVALID_COMMAND", "is the firmware SNP-capable and current" },
	{ 0x13, "HWERROR_PLATFORM", "hardware: firmware logs of the machine" },
	{ 0x14, "HWERROR_UNSAFE", "hardware: firmware logs of the machine" },
	{ 0x15, "UNSUPPORTED", "is the firmware SNP-capable and current" },
	{ 0x16, "INVALID_PARAM",
	  "sequence number or header: did anyone else use this VMPCK, or the host drop a message" },
	{ 0x17, "RESOURCE_LIMIT", "other guests of the host: the firmware has no room" },
	{ 0x18, "SECURE_DATA_INVALID", LOOK_VENDOR },
	{ 0x19, "INVALID_PAGE_SIZE", "the pages the host gave the firmware (ccp, RMP)" },
	{ 0x1a, "INVALID_PAGE_STATE", "the pages the host gave the firmware (ccp, RMP)" },
	{ 0x1b, "INVALID_MDATA_ENTRY", LOOK_VENDOR },
	{ 0x1c, "INVALID_PAGE_OWNER", "the pages the host gave the firmware (ccp, RMP)" },
	{ 0x1d, "AEAD_OFLOW", LOOK_ANEW },
	{ 0x1f, "RB_MODE_EXITED", LOOK_VENDOR },
	{ 0x20, "RMP_INIT_REQUIRED", "is SNP initialised on the host (ccp: SNP_INIT_EX)" },
	{ 0x21, "BAD_SVN", "the firmware's version: the SVN was raised (SNP_COMMIT)" },
	{ 0x22, "BAD_VERSION", "the firmware's version against the guest policy's ABI version" },
	{ 0x23, "SHUTDOWN_REQUIRED", "the host's firmware update: it waits for a shutdown" },
	{ 0x24, "UPDATE_FAILED", "the host's firmware update" },
	{ 0x25, "RESTORE_REQUIRED", "the host's firmware update" },
	{ 0x26, "RMP_INITIALIZATION_FAILED", "is SNP initialised on the host (ccp: SNP_INIT_EX)" },
	{ 0x27, "INVALID_KEY",
	  "the key asked for: is there a VCEK, or a VLEK loaded (SNP_VLEK_LOAD)" },
	{ 0xffffffff, "no call of the firmware", "the host's ccp driver: it never asked" },
	{ 0, "unknown code", LOOK_VENDOR },
};

/* INFO2, high half. */
static const struct why_code vmm[] = {
	{ 0, "none", LOOK_HOST },
	{ GHCB_REQ_INVALID_LEN, "INVALID_LEN, the certificates do not fit", LOOK_CERTS },
	{ GHCB_REQ_BUSY, "BUSY", LOOK_HOST },
	{ GHCB_REQ_GENERIC, "GENERIC, the VMM failed", LOOK_CERTS ", and the VMM's log" },
	{ 0, "unknown code", "56421, guest request, and the VMM's log" },
};

/* INFO2 where INFO1 says that the event was malformed. */
static const struct why_code malformed[] = {
	{ GHCB_ERR_NOT_REGISTERED, "GHCB not registered", LOOK_HOST },
	{ GHCB_ERR_USAGE, "invalid GHCB usage", LOOK_HOST },
	{ GHCB_ERR_SCRATCH, "invalid scratch area", LOOK_HOST },
	{ GHCB_ERR_MISSING, "an input is missing", LOOK_HOST },
	{ GHCB_ERR_INPUT, "an input is invalid",
	  "are request and response pages shared for the host, too (page state changes)" },
	{ GHCB_ERR_EVENT, "no such event", "does the host support SNP guest requests" },
	{ 0, "unknown reason", LOOK_HOST },
};

/* Status word of MSG_REPORT_RSP. */
static const struct why_code message[] = {
	{ SNP_STATUS_INVALID_PARAM, "invalid parameter",
	  "the request's VMPL: may this guest ask for VMPL 0" },
	{ SNP_STATUS_INVALID_KEY, "invalid key selection",
	  "the key asked for: is there a VCEK, or a VLEK loaded (SNP_VLEK_LOAD)" },
	{ 0, "unknown status", LOOK_VENDOR },
};

static const struct why_code certs[] = {
	{ ST_TRUNCATED, "it has no end", LOOK_CERTS },
	{ ST_RANGE, "a certificate lies beyond its end", LOOK_CERTS },
	{ ST_OVERLAP, "a certificate lies in the table of entries", LOOK_CERTS },
	{ 0, "malformed", LOOK_CERTS },
};

#define FIND(table, code) why_find(table, ARRAY_SIZE(table), code)

/* A pointer, so that a CPU which only found another one at work leaves that one's text alone. */
static void publish(const char *text)
{
	__atomic_store_n(&said, text, __ATOMIC_RELEASE);
}

#define SAY(st, look, ...) (publish(why.text), why_set(&why, st, look, __VA_ARGS__))

const char *snp_evidence_why(void)
{
	return __atomic_load_n(&said, __ATOMIC_ACQUIRE);
}

void snp_why_nothing(void)
{
	publish("");
}

static const char *event_name(const struct snp_answer *a)
{
	return a->extended ? "SNP Extended Guest Request (0x80000012)"
			   : "SNP Guest Request (0x80000011)";
}

enum status snp_why_room(size_t room, size_t needed)
{
	return SAY(ST_NO_MEMORY, "the caller, who gave it",
		   "a buffer of %zu bytes for a report and its certificates, which need %zu", room,
		   needed);
}

enum status snp_why_in_use(void)
{
	publish("another CPU is fetching a report, one can at a time; look: the caller");
	return ST_STATE;
}

enum status snp_why_no_request(enum status st, const struct msg_channel *ch)
{
	if (st == ST_OVERFLOW)
		return SAY(st, LOOK_ANEW,
			   "no request: VMPCK%u has used up its sequence numbers (%llu)", ch->vmpck,
			   (unsigned long long)*ch->sequence);
	return SAY(st,
		   "this console: the line that says why the key was wiped; if there is none, "
		   "the secrets page had no key",
		   "no request: VMPCK%u is zero", ch->vmpck);
}

enum status snp_why_event(enum status st, const struct snp_answer *a)
{
	const struct why_code *c;

	if (st == ST_INVALID) {
		c = FIND(malformed, a->info2);
		return SAY(st, c->look, "%s: refused as malformed (INFO1 2, INFO2 %llu: %s)",
			   event_name(a), (unsigned long long)a->info2, c->name);
	}
	if (st != ST_PROTOCOL)
		return SAY(st, "the guest's own GHCB: no page, or in use twice", "%s: not made: %s",
			   event_name(a), status_text(st));
	if (a->untouched)
		return SAY(st, LOOK_HOST, "%s: no answer: the host left the GHCB as it was",
			   event_name(a));
	if (!a->marked)
		return SAY(st, LOOK_HOST, "%s: no answer: INFO1 and INFO2 are not marked valid",
			   event_name(a));
	return SAY(st, LOOK_HOST, "%s: an answer the protocol lacks (INFO1 0x%llx, INFO2 0x%llx)",
		   event_name(a), (unsigned long long)a->info1, (unsigned long long)a->info2);
}

enum status snp_why_busy(const struct snp_answer *a, unsigned tries)
{
	return SAY(ST_TIMEOUT, "other guests of the host, and whether it throttles guest requests",
		   "%s: VMM error 2 (BUSY), %u times", event_name(a), tries);
}

enum status snp_why_refused(const struct snp_answer *a)
{
	u32 low = (u32)a->info2, high = (u32)(a->info2 >> GHCB_REQ_VMM_ERROR_LO);
	const struct why_code *f = FIND(firmware, low), *v = FIND(vmm, high);

	return SAY(ST_DENIED, high != 0 ? v->look : f->look,
		   "%s: refused (INFO2 0x%llx: firmware error 0x%x %s, VMM error 0x%x %s)",
		   event_name(a), (unsigned long long)a->info2, low, f->name, high, v->name);
}

static bool is_blank(const u8 page[4096])
{
	u8 any = 0;

	for (unsigned i = 0; i < SNP_MSG_PAYLOAD; i++)
		any |= page[i];
	return any == 0;
}

enum status snp_why_response(enum status st, const struct msg_channel *ch, const u8 page[4096],
			     u8 type)
{
	struct msg_mismatch m;

	if (is_blank(page))
		return SAY(st, LOOK_HOST,
			   "message type %u: success, but the host wrote no response", type);
	if (!msg_is_response(ch, page, type, &m))
		return SAY(st, LOOK_RELAY,
			   "the response is not that to our message: %s %llu, not %llu", m.field,
			   (unsigned long long)m.got, (unsigned long long)m.want);
	if (st == ST_CORRUPT)
		return SAY(
		    st, LOOK_RELAY,
		    "the response's tag does not verify under VMPCK%u (sequence number %llu)",
		    ch->vmpck, (unsigned long long)*ch->sequence + 2);
	return SAY(st, "56860, MSG_REPORT_RSP: a newer version than this guest knows",
		   "the response is longer than a report: %s", status_text(st));
}

enum status snp_why_message_status(u32 status)
{
	const struct why_code *c = FIND(message, status);

	return SAY(ST_DENIED, c->look, "MSG_REPORT_REQ: the firmware answers status 0x%x (%s)",
		   status, c->name);
}

enum status snp_why_report_size(size_t payload, u32 report)
{
	return SAY(ST_PROTOCOL, "56860, MSG_REPORT_RSP: another version than this guest knows",
		   "MSG_REPORT_RSP: %zu bytes with a report of %u, not %u with one of %u", payload,
		   report, SNP_REPORT_RSP_SIZE, SNP_REPORT_SIZE);
}

enum status snp_why_report_data(unsigned at, u8 want, u8 got)
{
	return SAY(ST_PROTOCOL,
		   "the firmware (its message is authentic) or who else has this VMPCK",
		   "foreign report data: byte %u is 0x%02x, asked for was 0x%02x", at, got, want);
}

enum status snp_why_report_vmpl(u32 got)
{
	return SAY(ST_PROTOCOL, "the firmware, or an SVSM that answers in its place",
		   "the report is of VMPL %u, asked for was 0", got);
}

enum status snp_why_certs(enum status st, size_t room, u64 pages)
{
	const struct why_code *c = FIND(certs, st);

	return SAY(st, c->look, "the certificate table: %s (%llu pages offered, %zu bytes taken)",
		   c->name, (unsigned long long)pages, room);
}
