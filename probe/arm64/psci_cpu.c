/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU_ON, CPU_OFF and AFFINITY_INFO together: the last CPU leaves and is started again. */
#include "psci.h"

#include "abi/coop.h"
#include "irq.h"
#include "smp.h"

#define DENY_NS  5000000ULL
#define NOT_LEFT 1

struct trip {
	unsigned cpu;
	u64 left; /* what cpu_cycle() answered; NOT_LEFT until it returns */
};

static struct trip trip;
static bool sent; /* the last CPU is away, or on its way */
static bool lost; /* it did not come back and is not sent again */

static void leave(void *arg)
{
	struct trip *t = arg;

	t->left = cpu_cycle(cvm.ops->platform != CVM_CCA);
	if (t->left == 0 && irq_available() && irq_init_cpu() == ST_OK)
		irq_enable_cpu(); /* its interface to the controller started anew, too */
}

static s64 answer(u64 x0)
{
	return (int32_t)x0;
}

static s64 affinity(unsigned cpu)
{
	return answer(psci_call(PSCI_AFFINITY_INFO_64, smp_hwid(cpu), 0, 0));
}

static s64 cpu_on(u64 hwid)
{
	return answer(
	    psci_call(PSCI_CPU_ON_64, hwid, (u64)(uintptr_t)cpu_cycle_entry, PSCI_CONTEXT));
}

/* Judged or not: the check may be about something else. */
static bool is(bool judged, const char *asked, u64 got, u64 expected)
{
	return judged ? expect_eq(asked, got, expected) : got == expected;
}

/* Sends the last CPU away; true when the platform says it is off. */
static bool send_away(bool judged)
{
	struct deadline d = deadline_in(WAIT_NS);
	s64 state;

	sent = false;
	trip = (struct trip){ smp_cpu_count() - 1, NOT_LEFT };
	if (trip.cpu == 0 || smp_start_status(trip.cpu) != ST_OK) {
		check_skip("no other CPU");
		return false;
	}
	if (!is(judged, "CPUs lost by an earlier check", lost, 0) ||
	    !is(judged, "AFFINITY_INFO before CPU_OFF", (u64)affinity(trip.cpu), PSCI_AFFINITY_ON))
		return false;
	cpu_record = (struct cpu_record){ .x0 = ~PSCI_CONTEXT };
	sent = smp_run(trip.cpu, leave, &trip) == ST_OK;
	if (!is(judged, "giving work to the CPU", sent, true))
		return false;
	do {
		state = affinity(trip.cpu);
	} while (state != PSCI_AFFINITY_OFF && !deadline_passed(&d));
	return is(judged, "AFFINITY_INFO after CPU_OFF", (u64)state, PSCI_AFFINITY_OFF);
}

bool cpu_send_away(void)
{
	return send_away(true);
}

bool cpu_try_away(void)
{
	return send_away(false);
}

static bool started(void)
{
	return __atomic_load_n(&cpu_record.started, __ATOMIC_ACQUIRE) != 0;
}

static bool starts_within(u64 ns)
{
	struct deadline d = deadline_in(ns);

	while (!started() && !deadline_passed(&d))
		;
	return started();
}

/* Also after a failure: the CPU is fetched back if that is still possible. ALREADY_ON is asked
 * again, because the CPU may still be on its way out. */
bool cpu_bring_back_by(s64 (*on)(u64 hwid))
{
	struct deadline d = deadline_in(WAIT_NS);
	s64 x0 = PSCI_SUCCESS;

	if (!sent)
		return false;
	while (!started()) {
		x0 = on(smp_hwid(trip.cpu));
		if (x0 != PSCI_ALREADY_ON || deadline_passed(&d))
			break;
	}
	expect_eq("CPU_ON of a CPU that is off", (u64)x0, PSCI_SUCCESS);
	lost = !starts_within(WAIT_NS) || smp_wait(trip.cpu) != ST_OK;
	if (lost)
		check_fail("CPU_ON of a CPU that is off", "the CPU runs again",
			   "not seen within 2 s, CPU_OFF answered 0x%llx",
			   (unsigned long long)trip.left);
	return !lost;
}

bool cpu_bring_back(void)
{
	return cpu_bring_back_by(cpu_on);
}

void psci_on_state(void)
{
	(void)cpu_send_away();
	if (!cpu_bring_back())
		return;
	expect_eq("X0, the context", cpu_record.x0, PSCI_CONTEXT);
	expect_eq("CurrentEL", cpu_record.current_el, 1 << 2);
	expect_eq("SPSel", cpu_record.spsel & 1, 1);
	expect_eq("DAIF", cpu_record.daif & 0x3c0, 0x3c0);
	expect_eq("SCTLR_EL1: MMU and data cache", cpu_record.sctlr & (BIT(0) | BIT(2)), 0);
}

static void count(void *arg)
{
	++*(u64 *)arg;
}

/* Twice: a CPU that was started again must be able to leave again. */
void psci_off(void)
{
	u64 work = 0;

	for (unsigned i = 0; i < 2; i++) {
		(void)cpu_send_away();
		if (!cpu_bring_back() ||
		    !expect_eq("giving it work", smp_run(trip.cpu, count, &work), ST_OK) ||
		    !expect_eq("the work finishing", smp_wait(trip.cpu), ST_OK) ||
		    !expect_eq("work done after coming back", work, i + 1))
			return;
	}
}

void psci_on_denied(void)
{
	if (!coop_needs(COOP_PSCI_DENY))
		return;
	if (cpu_send_away() &&
	    expect_true("the host to deny CPU_ON", coop_do(COOP_PSCI_DENY, 1, 0), "done") &&
	    expect_eq("CPU_ON that the host denies", (u64)cpu_on(smp_hwid(trip.cpu)),
		      (u64)(s64)PSCI_DENIED))
		expect_true("the CPU after a denied CPU_ON", !starts_within(DENY_NS), "off");
	(void)coop_do(COOP_PSCI_DENY, 0, 0);
	(void)cpu_bring_back();
}
