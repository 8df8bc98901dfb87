/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every status of TDCALL (upper half of RAX) and of TDG.VP.VMCALL (R10), once: what it means and
 * what the guest does about it. Above the backend only enum status is seen.
 */
#include "internal.h"
#include "print.h"

#define CODE(name, status, action, meaning)                                                        \
	{                                                                                          \
		TDX_##name, status, action, #name, meaning                                         \
	}

static const struct tdx_status codes[] = {
	CODE(SUCCESS, ST_OK, TDX_GO_ON, "done"),
	CODE(OPERAND_BUSY, ST_NO_PROGRESS, TDX_REPEAT, "the host holds the object"),
	CODE(PREVIOUS_TLB_EPOCH_BUSY, ST_NO_PROGRESS, TDX_REPEAT, "TLB tracking under way"),
	CODE(SYS_BUSY, ST_NO_PROGRESS, TDX_REPEAT, "the module is busy"),
	CODE(RND_NO_ENTROPY, ST_NO_PROGRESS, TDX_REPEAT, "no random numbers just now"),
	CODE(OPERAND_BUSY_HOST_PRIORITY, ST_NO_PROGRESS, TDX_REPEAT, "the host goes first"),
	CODE(INTERRUPTED_RESUMABLE, ST_INCOMPLETE, TDX_REPEAT, "interrupted, goes on"),
	CODE(INTERRUPTED_RESTARTABLE, ST_INCOMPLETE, TDX_REPEAT, "interrupted, starts anew"),
	CODE(PAGE_SIZE_MISMATCH, ST_INVALID, TDX_SMALLER, "mapped by smaller pages"),
	/* No ERROR bit, and yet the worst of all: a page that should be new is in use already. The
	 * host replays or remaps memory behind our back. */
	CODE(PAGE_ALREADY_ACCEPTED, ST_PROTOCOL, TDX_GIVE_UP, "the page is accepted already"),
	CODE(OPERAND_INVALID, ST_INVALID, TDX_GIVE_UP, "an operand is bad"),
	CODE(OPERAND_ADDR_RANGE_ERROR, ST_RANGE, TDX_GIVE_UP, "address out of range"),
	CODE(INVALID_RESUMPTION, ST_STATE, TDX_GIVE_UP, "not the call that was interrupted"),
	CODE(CROSS_TD_FAULT, ST_STATE, TDX_GIVE_UP, "the other TD is in a bad state"),
	CODE(CROSS_TD_TRAP, ST_STATE, TDX_GIVE_UP, "the other TD is in a bad state"),
	CODE(HOST_PRIORITY_BUSY_TIMEOUT, ST_NO_PROGRESS, TDX_GIVE_UP, "busy for too long"),
	CODE(PAGE_METADATA_INCORRECT, ST_STATE, TDX_GIVE_UP, "wrong type of page"),
	CODE(PAGE_NOT_OWNED_BY_TD, ST_DENIED, TDX_GIVE_UP, "not a page of this TD"),
	CODE(VCPU_STATE_INCORRECT, ST_STATE, TDX_GIVE_UP, "wrong state of the vCPU"),
	CODE(NO_VALID_VE_INFO, ST_STATE, TDX_GIVE_UP, "no #VE is pending"),
	CODE(MAX_VCPUS_EXCEEDED, ST_TOO_MANY, TDX_GIVE_UP, "too many vCPUs"),
	CODE(EPT_WALK_FAILED, ST_NOT_FOUND, TDX_GIVE_UP, "nothing mapped there"),
	CODE(EPT_ENTRY_FREE, ST_NOT_FOUND, TDX_GIVE_UP, "nothing mapped there"),
	CODE(EPT_ENTRY_NOT_PRESENT, ST_NOT_FOUND, TDX_GIVE_UP, "nothing mapped there"),
	CODE(GPA_RANGE_BLOCKED, ST_STATE, TDX_GIVE_UP, "blocked by the host"),
	CODE(EPT_ENTRY_STATE_INCORRECT, ST_STATE, TDX_GIVE_UP, "wrong state of the mapping"),
	CODE(L2_SEPT_WALK_FAILED, ST_NOT_FOUND, TDX_GIVE_UP, "no table of the nested VM"),
	CODE(PAGE_ATTR_INVALID, ST_INVALID, TDX_GIVE_UP, "no such page attributes"),
	CODE(METADATA_FIELD_ID_INCORRECT, ST_NOT_FOUND, TDX_GIVE_UP, "no such field"),
	CODE(METADATA_FIELD_NOT_WRITABLE, ST_DENIED, TDX_GIVE_UP, "the field is read-only"),
	CODE(METADATA_FIELD_NOT_READABLE, ST_DENIED, TDX_GIVE_UP, "the field is write-only"),
	CODE(METADATA_FIELD_VALUE_NOT_VALID, ST_INVALID, TDX_GIVE_UP, "not a value of the field"),
	CODE(METADATA_LIST_OVERFLOW, ST_TOO_MANY, TDX_GIVE_UP, "the list is too long"),
	CODE(METADATA_CURRENTLY_NOT_WRITABLE, ST_STATE, TDX_GIVE_UP, "not writable now"),
	CODE(METADATA_WR_MASK_NOT_VALID, ST_INVALID, TDX_GIVE_UP, "the write mask is bad"),
	CODE(METADATA_FIRST_FIELD_ID, ST_PROTOCOL, TDX_GIVE_UP, "only the first id of a list"),
	CODE(METADATA_FIELD_SKIP, ST_PROTOCOL, TDX_GIVE_UP, "an entry to be skipped"),
	CODE(SERVTD_INFO_HASH_MISMATCH, ST_DENIED, TDX_GIVE_UP, "not the service TD bound"),
	CODE(SERVTD_UUID_MISMATCH, ST_DENIED, TDX_GIVE_UP, "not the service TD bound"),
	CODE(SERVTD_NOT_BOUND, ST_NOT_FOUND, TDX_GIVE_UP, "no service TD bound"),
	CODE(TARGET_UUID_MISMATCH, ST_DENIED, TDX_GIVE_UP, "not the TD bound"),
	CODE(TARGET_UUID_UPDATED, ST_STATE, TDX_GIVE_UP, "the TD has migrated"),
	CODE(INVALID_CPUSVN, ST_INVALID, TDX_GIVE_UP, "CPUSVN of another platform"),
	CODE(INVALID_REPORTMACSTRUCT, ST_INVALID, TDX_GIVE_UP, "the report's MAC is wrong"),
	CODE(GLA_NOT_CANONICAL, ST_INVALID, TDX_GIVE_UP, "address is not canonical"),
	CODE(TD_FATAL, ST_FAULT, TDX_GIVE_UP, "the TD is in a fatal state"),
	CODE(NON_RECOVERABLE_VCPU, ST_FAULT, TDX_GIVE_UP, "the vCPU is dead"),
	CODE(NON_RECOVERABLE_TD, ST_FAULT, TDX_GIVE_UP, "the TD is dead"),
	CODE(NON_RECOVERABLE_NON_ACCESSIBLE, ST_FAULT, TDX_GIVE_UP, "the TD is dead"),
	CODE(NON_RECOVERABLE_WRONG_APIC_MODE, ST_FAULT, TDX_GIVE_UP, "the TD is dead"),
	CODE(NON_RECOVERABLE_CORRUPTED_MD, ST_FAULT, TDX_GIVE_UP, "the TD is dead"),
};

static const struct tdx_status vmm_codes[] = {
	{ TDVMCALL_SUCCESS, ST_OK, TDX_GO_ON, "SUCCESS", "done" },
	{ TDVMCALL_RETRY, ST_NO_PROGRESS, TDX_REPEAT, "RETRY", "not complete, call again" },
	{ TDVMCALL_INVALID_OPERAND, ST_INVALID, TDX_GIVE_UP, "INVALID_OPERAND",
	  "an operand is bad, or no such function" },
	{ TDVMCALL_GPA_INUSE, ST_STATE, TDX_GIVE_UP, "GPA_INUSE", "the page is in use" },
	{ TDVMCALL_ALIGN_ERROR, ST_ALIGN, TDX_GIVE_UP, "ALIGN_ERROR", "misaligned" },
	{ TDVMCALL_SUBFUNC_UNSUPPORTED, ST_UNSUPPORTED, TDX_GIVE_UP, "SUBFUNC_UNSUPPORTED",
	  "no such function" },
	{ TDVMCALL_NOT_REACHED, ST_FAULT, TDX_GIVE_UP, "(not reached)",
	  "the call did not reach the host" },
};

static const struct tdx_status no_code = { 0, ST_PROTOCOL, TDX_GIVE_UP, "unknown code",
					   "not a status of this interface" };
/* Headers of other projects spell some of these codes without the FATAL or ERROR bit: what counts
 * is that nothing can come after it. */
static const struct tdx_status dead_code = { 0, ST_FAULT, TDX_GIVE_UP, "unknown code",
					     "non-recoverable" };

static const struct tdx_status *find(const struct tdx_status *table, size_t n, u64 code)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

const struct tdx_status *tdx_status_of(u64 rax)
{
	const struct tdx_status *s = find(codes, ARRAY_SIZE(codes), TDX_CODE(rax));

	if (s != NULL)
		return s;
	return (TDX_CODE(rax) & TDX_STATUS_NON_RECOVERABLE) != 0 ? &dead_code : &no_code;
}

const struct tdx_status *tdvmcall_status_of(u64 r10)
{
	const struct tdx_status *s = find(vmm_codes, ARRAY_SIZE(vmm_codes), r10);

	return s != NULL ? s : &no_code;
}

/* For a call that did not do what it should: never ST_OK. */
static enum status say(const char *call, const struct tdx_status *s, u64 code)
{
	print("# tdx: %s answers %s (0x%llx): %s\n", call, s->name, (unsigned long long)code,
	      s->meaning);
	return s->status == ST_OK ? ST_PROTOCOL : s->status;
}

enum status tdx_failed(const char *leaf, u64 rax)
{
	return say(leaf, tdx_status_of(rax), rax);
}

enum status tdvmcall_failed(const char *function, u64 r10)
{
	return say(function, tdvmcall_status_of(r10), r10);
}
