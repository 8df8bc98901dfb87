/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One loop per CPU: fill the list registers, enter the vCPU, look at why it came out. The guest
 * runs on the machine CPU of the same number.
 */
#include "vmm/devices.h"
#include "vmm/pci.h"
#include "vmm/vmm.h"

#define PPI_MAINTENANCE 25u
#define PPI_VIRT_TIMER  27u
#define PPI_PHYS_TIMER  30u

#define TIMER_ENABLE    BIT(0)
#define TIMER_IMASK     BIT(1)
#define TIMER_ISTATUS   BIT(2)

#define DRAIN_MAX       64u /* interrupts taken in a row; what is left comes again */

/* Exits on one page that nothing could resolve, before the vCPU counts as stuck, and before that
 * ends the run although other CPUs still do something. */
#define STUCK_EXITS       64
#define STUCK_ALONE_EXITS 8192

void print_counter(const char *name, u64 value)
{
	channel("counter: %s %llu", name, (unsigned long long)value);
}

void core_summary(void)
{
	u64 hz = core_counter_hz(), ticks, violations;

	ticks = vm.first_byte ? vm.first_byte - vm.first_entry : 0;
	print_counter("host_exits", vm.count.exits);
	print_counter("mmio_exits", vm.count.mmio_exits);
	print_counter("entry_to_first_byte_ns",
		      ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz);
	print_counter("entry_to_end_ns",
		      (core_counter() - vm.first_entry) / hz * 1000000000 +
			  (core_counter() - vm.first_entry) % hz * 1000000000 / hz);
	print_counter("psci_exits", vm.count.psci_exits);
	print_counter("irq_exits", vm.count.irq_exits);
	print_counter("wfi_exits", vm.count.wfi_exits);
	print_counter("sgis", vm.count.sgis);
	print_counter("sea_injected", vm.count.sea_injected);
	print_counter("console_bytes", vm.uart.bytes);
	print_counter("console_sum", vm.uart.sum);
	if (vm.map.its != 0) {
		print_counter("its_cycles", vm.cycle.done);
		print_counter("its_commands", vm.vits.count.commands);
		print_counter("its_errors", vm.vits.count.errors);
		print_counter("lpis", vm.vits.count.raised);
	}
	violations = vm_summary();
	devices_end();
	print_counter("device_accesses", vm.count.device_accesses);
	print_counter("violations", violations + vm.count.device_violations);
}

NORETURN void vm_end(const char *word, const char *why)
{
	core_verdict(word, "%s", why);
}

static void check_budget(const struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;

	if ((config.budget_exits && vm.count.exits > config.budget_exits) ||
	    (vm.deadline && core_counter() >= vm.deadline)) {
		channel("last: rec=%u reason=%llu esr=0x%llx far=0x%llx hpfar=0x%llx", v->index,
			(unsigned long long)e->exit_reason, (unsigned long long)e->esr,
			(unsigned long long)e->far, (unsigned long long)e->hpfar);
		vm_end("budget", "the budget of this run is used up");
	}
}

/* Interrupts of the machine only made the guest come out; their sources are looked at elsewhere
 * (timers in the exit record, kicks in the vgic, messages of devices before the next entry). A
 * level may stay up until the vCPU runs again. */
static void drain_interrupts(void)
{
	for (unsigned i = 0; i < DRAIN_MAX; i++) {
		u32 intid = core_irq_ack();

		if (intid == CORE_NO_IRQ)
			return;
		core_irq_eoi(intid);
		if (intid >= GIC_LPI_FIRST)
			devices_machine_lpi(intid);
		else if (intid >= 16)
			return;
	}
}

void vm_kick(u32 cpus)
{
	for (unsigned c = 0; c < config.cpus; c++) {
		if ((cpus >> c & 1) && vm.cpu[c].machine_cpu_started && c != core_cpu())
			core_kick(c);
	}
}

/* ---- the guest as a whole ---- */

/* Sleeps until another CPU has a word for this one, or less long. Whoever waits for the guest to
 * stop or to go on leaves the machine to those it waits for. The caller holds dev_lock. */
static void doze(void)
{
	core_unlock(&vm.dev_lock);
	core_wfi();
	drain_interrupts();
	core_lock(&vm.dev_lock);
}

/* Ends when no CPU is in the guest, and none gets in. Each that is there is kicked once: the kick
 * waits for it should it be on its way in. The caller holds dev_lock, and this CPU has been
 * granted cycle_stop(). */
static void await_stop(void)
{
	vm_kick(vm.cycle.inside);
	while (vm.cycle.inside != 0)
		doze();
}

static void report(enum cycle_result r, enum status st)
{
	if (cycle_report(&vm.cycle, r))
		channel("its: %s: %s", r == CYCLE_SAVE_FAILED ? "save" : "restore",
			status_text(st));
}

/* Exits the guest has caused itself. Those that kicks caused beget no cycle: one CPU's would be the
 * next one's occasion, and none would get on. */
static u64 exits_of_guest(void)
{
	return vm.count.exits - vm.count.irq_exits;
}

/* The caller holds dev_lock. What pends after a restore pended before it: whoever is to take it
 * has been told, or is about to look. */
static void cycle_if_due(void)
{
	enum cycle_result r;
	enum status st;

	while (cycle_due(&vm.cycle, exits_of_guest())) {
		if (!cycle_stop(&vm.cycle, core_cpu())) {
			doze();
			continue;
		}
		await_stop();
		r = cycle_run(&vm.cycle, &vm.vits, exits_of_guest(), &st);
		report(r, st);
		vm_kick(cycle_go(&vm.cycle));
		return;
	}
}

enum status vm_its(enum status (*what)(struct vits *))
{
	enum status st;

	core_lock(&vm.dev_lock);
	while (!cycle_stop(&vm.cycle, core_cpu()))
		doze();
	await_stop();
	st = what(&vm.vits);
	if (st != ST_OK)
		report(what == vits_save ? CYCLE_SAVE_FAILED : CYCLE_RESTORE_FAILED, st);
	(void)cycle_go(&vm.cycle);
	core_unlock(&vm.dev_lock);
	vm_kick(~0u); /* what pends now may not have pended before */
	return st;
}

/* ---- starting and waiting ---- */

void vm_start_cpu(struct vcpu *v)
{
	bool first, was_off;

	core_lock(&vm.dev_lock);
	__atomic_fetch_add(&v->starts, 1, __ATOMIC_RELEASE);
	was_off = v->parked;
	v->parked = false;
	first = !v->machine_cpu_started;
	v->machine_cpu_started = true;
	core_unlock(&vm.dev_lock);
	if (was_off)
		channel("cpu: %u on", v->index);
	if (first)
		core_start_cpu(v->index, vcpu_run);
	else
		vm_kick(1u << v->index);
}

/* What devices of the machine have sent since. The caller holds dev_lock. */
static void poll_messages(void)
{
	vm_kick(devices_poll_messages());
}

static bool timer_fired(u64 ctl)
{
	return (ctl & (TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS)) ==
	       (TIMER_ENABLE | TIMER_ISTATUS);
}

static bool timer_armed(u64 ctl)
{
	return (ctl & (TIMER_ENABLE | TIMER_IMASK)) == TIMER_ENABLE;
}

/* The caller holds dev_lock. */
static void update_timers(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;
	bool virt = timer_fired(e->cntv_ctl), phys = timer_fired(e->cntp_ctl);

	if (fault_on(FAULT_TIMER_VIRT_WITHHELD))
		virt = false;
	if (fault_on(FAULT_TIMER_PHYS_WITHHELD))
		phys = false;
	vgic_set_line(&vm.vgic, v->index, PPI_VIRT_TIMER, virt);
	vgic_set_line(&vm.vgic, v->index, PPI_PHYS_TIMER, phys);
}

/* Can this CPU still do anything by itself? The caller holds dev_lock. */
static bool alive(const struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;

	if (!v->machine_cpu_started || v->parked || v->stuck_count >= STUCK_EXITS)
		return false;
	/* What sleeps until a device speaks does so until the budget ends. */
	return !v->idle || vgic_pending(&vm.vgic, v->index) || timer_armed(e->cntv_ctl) ||
	       timer_armed(e->cntp_ctl) || pci_messages_enabled();
}

/* The caller holds dev_lock; ends the run when no CPU will ever do anything again. */
static void check_all_stuck(const char *why)
{
	for (unsigned c = 0; c < config.cpus; c++) {
		if (alive(&vm.cpu[c]))
			return;
	}
	vm_end("stuck", why);
}

void vcpu_no_progress(struct vcpu *v, u64 ipa)
{
	if (v->stuck_ipa != ipa)
		v->stuck_count = 0;
	v->stuck_ipa = ipa;
	if (++v->stuck_count < STUCK_EXITS)
		return;
	core_lock(&vm.dev_lock);
	if (v->stuck_count == STUCK_EXITS)
		channel("stuck: rec=%u ipa=0x%llx", v->index, (unsigned long long)ipa);
	check_all_stuck("no CPU can progress");
	core_unlock(&vm.dev_lock);
	if (v->stuck_count >= STUCK_ALONE_EXITS)
		vm_end("stuck", "a CPU cannot progress");
}

/* PSCI lets a suspend end for any reason: it must not outlast the last thing that could end it. */
void vcpu_suspend(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;

	if (timer_armed(e->cntv_ctl) || timer_armed(e->cntp_ctl))
		vcpu_wait(v);
}

void vcpu_wait(struct vcpu *v)
{
	bool pending;

	core_lock(&vm.dev_lock);
	update_timers(v);
	poll_messages();
	pending = vgic_pending(&vm.vgic, v->index);
	v->idle = !pending;
	if (!pending)
		check_all_stuck("every CPU waits and nothing can wake one");
	core_unlock(&vm.dev_lock);
	if (pending)
		return;
	/* A kick between the look and here stays pending and ends the wait at once. */
	core_wfi();
	drain_interrupts();
	core_lock(&vm.dev_lock);
	v->idle = false;
	core_unlock(&vm.dev_lock);
	check_budget(v);
}

/* After CPU_OFF the model refuses to enter until CPU_ON; it knows best, so it is asked. */
static void wait_for_cpu_on(struct vcpu *v, u32 starts)
{
	core_lock(&vm.dev_lock);
	if (__atomic_load_n(&v->starts, __ATOMIC_ACQUIRE) == starts) {
		v->parked = true;
		check_all_stuck("every CPU is off or stuck");
	}
	core_unlock(&vm.dev_lock);
	core_wfi();
	drain_interrupts();
	check_budget(v);
}

/* ---- entry and exit ---- */

static void prepare_entry(struct vcpu *v)
{
	struct rmi_rec_enter *e = &v->run->enter;

	e->flags |= RMI_ENTER_TRAP_WFI;
	core_lock(&vm.dev_lock);
	poll_messages();
	cycle_if_due();
	while (!cycle_enter(&vm.cycle, v->index))
		doze();
	e->gicv3_hcr = vgic_fill(&vm.vgic, v->index, (u64 *)e->gicv3_lrs, vm.nr_lrs);
	core_unlock(&vm.dev_lock);
}

/* What became of the list registers. The caller holds dev_lock. */
static void fold_back(struct vcpu *v, const u64 *lrs)
{
	u32 look = vgic_sync(&vm.vgic, v->index, lrs, vm.nr_lrs);

	vm_kick(look | cycle_leave(&vm.cycle, v->index));
}

static void reset_entry(struct rmi_rec_enter *e)
{
	e->flags = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(e->gprs); i++)
		e->gprs[i] = 0;
}

static void dispatch(struct vcpu *v)
{
	switch (v->run->exit.exit_reason) {
	case RMI_EXIT_SYNC:
		exit_sync(v);
		return; /* keeps its own account of progress */
	case RMI_EXIT_IRQ:
	case RMI_EXIT_FIQ:
		count(&vm.count.irq_exits);
		drain_interrupts();
		return;
	case RMI_EXIT_SERROR:
		vm_end("broken", "SError in the guest");
	default:
		if (!vm_exit(v))
			vm_end("broken", "unknown exit reason");
	}
	v->stuck_count = 0;
}

static void after_exit(struct vcpu *v)
{
	count(&vm.count.exits);
	v->maybe_off = false;
	core_lock(&vm.dev_lock);
	fold_back(v, (const u64 *)v->run->exit.gicv3_lrs);
	update_timers(v);
	core_unlock(&vm.dev_lock);
	check_budget(v);
	dispatch(v);
}

NORETURN void vcpu_run(unsigned cpu)
{
	struct vcpu *v = &vm.cpu[cpu];

	core_irq_mask(PPI_MAINTENANCE, false);
	if (cpu == 0)
		vm.first_entry = core_counter();
	for (;;) {
		u32 starts = __atomic_load_n(&v->starts, __ATOMIC_ACQUIRE);
		enum vm_entered how;

		prepare_entry(v);
		how = vm_enter(v);
		reset_entry(&v->run->enter);
		if (how == VM_EXITED) {
			after_exit(v);
			continue;
		}
		core_lock(&vm.dev_lock);
		fold_back(v, (const u64 *)v->run->enter.gicv3_lrs);
		core_unlock(&vm.dev_lock);
		if (how == VM_ENDED)
			break;
		wait_for_cpu_on(v, starts);
	}
	for (;;) /* the run ends, too */
		core_wfi();
}
