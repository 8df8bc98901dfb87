/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the untrusted half of the pKVM host takes the exits of a vCPU: what is populated, emulated or
 * refused, what ends the run, and what it has seen of the registers.
 *
 * sources: hosts/arm64/vmm/pkvm/enter.c hosts/arm64/vmm/pkvm/registers.c lib/range.c
 * flags: -Ihosts -Ihosts/arm64 -Ihosts/arm64/pkvm
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/coop.h"
#include "vmm/devices.h"
#include "vmm/pkvm/pkvm.h"

#define RAM         0x40000000ULL
#define DATA_ABORT  (0x24ULL << 26)
#define FETCH_ABORT (0x20ULL << 26)
#define HVC         (0x16ULL << 26)
#define ISV         BIT(24)
#define WNR         BIT(6)

struct vm vm;
struct host_config config;
struct pkvm_host pkvm_host;
static struct rmi_rec_run run;
static struct vcpu *const v = &vm.cpu[1];
static enum pkvm_run answer;
static bool off, readable;
static unsigned runs, given, no_progress, mmio, seas, psci_exits, calls, before, searched, reclaims;
static u64 mmio_at, allowed;
static enum status give_answer;
static char word[16];
static jmp_buf ended;

enum pkvm_run pkvm_vcpu_run(unsigned index, struct rmi_rec_run *r)
{
	assert_int_equal(index, 1);
	assert_ptr_equal(r, &run);
	runs++;
	return answer;
}

bool host_cpu_is_off(unsigned index)
{
	assert_int_equal(index, 1);
	return off;
}

void host_before_entry(const struct vcpu *c)
{
	assert_ptr_equal(c, v);
	before++;
}

bool memory_has(u64 ipa)
{
	return ipa - RAM < MIB(1);
}

enum status memory_give(u64 ipa, bool around)
{
	assert_true(memory_has(ipa));
	assert_true(around);
	given++;
	return give_answer;
}

enum status memory_reclaim(u64 ipa)
{
	(void)ipa;
	reclaims++;
	return give_answer;
}

void vcpu_no_progress(struct vcpu *c, u64 ipa)
{
	assert_ptr_equal(c, v);
	assert_true(is_aligned(ipa, PAGE_SIZE));
	no_progress++;
}

void exit_mmio(struct vcpu *c, u64 address)
{
	assert_ptr_equal(c, v);
	mmio++;
	mmio_at = address;
}

void exit_sea(struct vcpu *c)
{
	assert_ptr_equal(c, v);
	seas++;
}

void exit_psci(struct vcpu *c)
{
	assert_ptr_equal(c, v);
	psci_exits++;
}

void exit_call(struct vcpu *c)
{
	assert_ptr_equal(c, v);
	calls++;
}

bool coop_page_in_ram(u64 ipa)
{
	return memory_has(ipa) && is_aligned(ipa, PAGE_SIZE);
}

void devices_exposed(const u64 *value, unsigned n)
{
	assert_ptr_equal(value, run.exit.gprs);
	assert_int_equal(n, 31);
	searched++;
}

void *pkvm_host_access(u64 ipa)
{
	(void)ipa;
	return readable ? &run : NULL;
}

void pkvm_allow_content(bool allow)
{
	allowed = allow;
}

void pkvm_get_counters(struct pkvm_counters *c)
{
	*c = (struct pkvm_counters){ .shares = 5, .replays = 3, .violations = 2 };
}

void print_counter(const char *name, u64 value)
{
	if (strcmp(name, "shares") == 0)
		assert_int_equal(value, 5);
}

void channel(const char *fmt, ...)
{
	(void)fmt;
}

void vm_end(const char *w, const char *why)
{
	(void)why;
	snprintf(word, sizeof(word), "%s", w);
	longjmp(ended, 1);
}

static int setup(void **state)
{
	(void)state;
	memset(&run, 0, sizeof(run));
	*v = (struct vcpu){ .index = 1, .run = &run, .stuck_count = 7 };
	config.profile = PROFILE_ANDROID;
	answer = PKVM_RAN;
	give_answer = ST_OK;
	off = readable = false;
	runs = given = no_progress = mmio = seas = psci_exits = calls = before = 0;
	searched = reclaims = 0;
	allowed = 2;
	memset(&pkvm_host, 0, sizeof(pkvm_host));
	return 0;
}

/* Enters once; the word the run ended by, or "". */
static const char *enter(enum vm_entered *how)
{
	word[0] = '\0';
	if (setjmp(ended) == 0)
		*how = vm_enter(v);
	return word;
}

static void test_enter(void **state)
{
	enum vm_entered how = VM_ENDED;

	(void)state;
	assert_string_equal(enter(&how), "");
	assert_int_equal(how, VM_EXITED);
	assert_int_equal(searched, 1);
	answer = PKVM_ENDED;
	assert_string_equal(enter(&how), "");
	assert_int_equal(how, VM_ENDED);
	answer = PKVM_FAULT;
	assert_string_equal(enter(&how), "stuck");
	answer = PKVM_REFUSED;
	assert_string_equal(enter(&how), "broken");
	answer = PKVM_OFF;
	assert_string_equal(enter(&how), "broken"); /* nobody has turned it off */
	v->maybe_off = true;
	assert_string_equal(enter(&how), "");
	assert_int_equal(how, VM_OFF);
	assert_int_equal(searched, 1);
	assert_int_equal(before, 0);
}

/* Upstream the host itself keeps a CPU out that is off. */
static void test_enter_upstream(void **state)
{
	enum vm_entered how = VM_ENDED;

	(void)state;
	config.profile = PROFILE_UPSTREAM;
	off = true;
	assert_string_equal(enter(&how), "");
	assert_int_equal(how, VM_OFF);
	assert_int_equal(runs, 0);
	off = false;
	assert_string_equal(enter(&how), "");
	assert_int_equal(how, VM_EXITED);
	assert_int_equal(before, 1);
	assert_int_equal(searched, 0); /* registers are not isolated */
}

static void abort_at(u64 esr, u64 ipa)
{
	run.exit.esr = esr;
	run.exit.hpfar = ipa >> 12 << 4;
	run.exit.far = ipa & (PAGE_SIZE - 1);
	word[0] = '\0';
	if (setjmp(ended) == 0)
		vm_abort(v);
}

static void test_populate(void **state)
{
	(void)state;
	abort_at(DATA_ABORT | ISV | WNR, RAM + 0x1238);
	abort_at(FETCH_ABORT, RAM + 0x2000);
	abort_at(DATA_ABORT | WNR, RAM + 0x3000); /* a SHARE that is replayed */
	give_answer = ST_NO_MEMORY;
	abort_at(DATA_ABORT, RAM + 0x4000);
	assert_int_equal(given, 4);
	assert_int_equal(no_progress, 4);
	assert_int_equal(v->stuck_count, 7); /* vcpu_no_progress() counts */
	assert_int_equal(mmio + seas, 0);
	assert_string_equal(word, "");
}

static void test_device(void **state)
{
	(void)state;
	abort_at(DATA_ABORT | ISV, 0x09000018);
	assert_int_equal(mmio, 1);
	assert_int_equal(mmio_at, 0x09000018);
	assert_int_equal(v->stuck_count, 0);
	/* Without a syndrome exit_mmio() refuses; a fetch is refused here. */
	abort_at(DATA_ABORT, 0x09000000);
	assert_int_equal(mmio, 2);
	abort_at(FETCH_ABORT, 0x09000000);
	assert_int_equal(seas, 1);
	assert_int_equal(given + no_progress, 0);
	assert_string_equal(word, "");
	abort_at(DATA_ABORT | WNR, RAM + MIB(1));
	assert_string_equal(word, "stuck");
	assert_int_equal(mmio, 2);
}

static void test_exits(void **state)
{
	(void)state;
	run.exit.exit_reason = RMI_EXIT_PSCI;
	assert_true(vm_exit(v));
	run.exit.exit_reason = RMI_EXIT_HOST_CALL;
	assert_false(vm_exit(v));
	run.exit.exit_reason = RMI_EXIT_RIPAS_CHANGE;
	assert_false(vm_exit(v));
	assert_int_equal(psci_exits, 1);
	run.exit.esr = HVC;
	assert_false(vm_exit_sync(v)); /* Android's EL2 answers all calls */
	config.profile = PROFILE_UPSTREAM;
	assert_true(vm_exit_sync(v));
	assert_int_equal(v->stuck_count, 0);
	run.exit.esr = DATA_ABORT;
	assert_false(vm_exit_sync(v));
	assert_int_equal(calls, 1);
}

static u64 out[COOP_WORDS];

static u64 coop(u64 command, u64 a1, u64 a2)
{
	u64 in[COOP_WORDS] = { command, a1, a2 };

	memset(out, 0, sizeof(out));
	return vm_coop(v, in, out);
}

static void test_coop(void **state)
{
	u64 both = BIT(COOP_DESTROY) | BIT(COOP_COUNTERS) | BIT(COOP_HOST_CAN_READ) |
		   BIT(COOP_REGISTERS_SEEN) | BIT(COOP_SHARE_CONTENT);

	(void)state;
	assert_int_equal(vm_coop_commands(), both);
	config.profile = PROFILE_UPSTREAM;
	assert_int_equal(vm_coop_commands(), both | BIT(COOP_PSCI_DENY));
	assert_int_equal(coop(COOP_DESTROY, RAM, 0), COOP_OK);
	assert_int_equal(coop(COOP_DESTROY, RAM + 8, 0), COOP_BAD);
	assert_int_equal(coop(COOP_DESTROY, RAM + MIB(1), 0), COOP_BAD);
	assert_int_equal(reclaims, 1);
	give_answer = ST_STATE;
	assert_int_equal(coop(COOP_DESTROY, RAM, 0), COOP_BAD);
	vm.count.exits = 11;
	assert_int_equal(coop(COOP_COUNTERS, 0, 0), COOP_OK);
	assert_int_equal(out[1], 3);
	assert_int_equal(out[2], 11);
	assert_int_equal(coop(COOP_HOST_CAN_READ, RAM + 5, 0), COOP_OK);
	assert_int_equal(out[1], 0);
	readable = true;
	assert_int_equal(coop(COOP_HOST_CAN_READ, RAM, 0), COOP_OK);
	assert_int_equal(out[1], 1);
	assert_int_equal(coop(COOP_HOST_CAN_READ, RAM - 1, 0), COOP_BAD);
	assert_int_equal(coop(COOP_SHARE_CONTENT, 1, 0), COOP_OK);
	assert_int_equal(allowed, 1);
	assert_int_equal(coop(COOP_SHARE_CONTENT, 0, 0), COOP_OK);
	assert_int_equal(allowed, 0);
	assert_int_equal(coop(COOP_PSCI_DENY, 1, 0), COOP_OK);
	assert_true(v->coop.psci_deny);
	assert_int_equal(vm_summary(), 2);
}

/* Two values, named inverted; which registers of which exits held them. */
static void test_registers(void **state)
{
	u64 *gprs = (u64 *)run.exit.gprs;

	(void)state;
	assert_int_equal(coop(COOP_REGISTERS_SEEN, ~0x1111ULL, ~0x2222ULL), COOP_OK);
	gprs[0] = 0x1111;
	gprs[30] = 0x2222;
	registers_seen(v);
	gprs[0] = 0;
	gprs[30] = 0;
	gprs[7] = 0x1111;
	registers_seen(v);
	assert_int_equal(pkvm_host.count.registers_exposed, 3);
	assert_int_equal(coop(COOP_REGISTERS_SEEN, ~0ULL, ~0x1112ULL), COOP_OK);
	assert_int_equal(out[1], BIT(0) | BIT(7));
	assert_int_equal(out[2], BIT(30));
	assert_int_equal(out[3], 2);
	/* Zero is in most registers: it is not looked for. */
	registers_seen(v);
	assert_int_equal(coop(COOP_REGISTERS_SEEN, ~0ULL, ~0ULL), COOP_OK);
	assert_int_equal(out[1] | out[2], 0);
	assert_int_equal(out[3], 1);
	assert_int_equal(searched, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_enter, setup),
		cmocka_unit_test_setup(test_enter_upstream, setup),
		cmocka_unit_test_setup(test_populate, setup),
		cmocka_unit_test_setup(test_device, setup),
		cmocka_unit_test_setup(test_exits, setup),
		cmocka_unit_test_setup(test_coop, setup),
		cmocka_unit_test_setup(test_registers, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
