/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core and the machine below hosts/x86/vmm: two or more vCPUs that never run, a clock the test
 * moves, and devices that record the last access.
 */
#ifndef FAKE_CORE_X86_H
#define FAKE_CORE_X86_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/local.h"

#define FAKE_LOW    MIB(512)
#define FAKE_HIGH   MIB(256)
#define FAKE_MEMORY 0xfea00000ULL

struct host_config config;
struct vcpu vcpus[CORE_MAX_CPUS];
u64 core_tsc_hz;

static struct {
	u64 started, now, timer;
	char line[160]; /* the last of the channel */
	unsigned kicks[CORE_MAX_CPUS], idles;
	u64 idle_step;     /* core_idle() moves the clock so far */
	unsigned idle_end; /* verdict "idle" after so many, 0: never */
	enum fault_id fault;
	/* the event injected last */
	bool pending, want_window, window_open;
	enum event_type type;
	unsigned vector;
	/* verdict */
	jmp_buf jump;
	bool expects;
	char verdict[16];
	/* devices */
	u64 accesses, address, value;
	unsigned width;
	bool is_port, is_write;
	u64 answer;
	u8 cfg[256][256]; /* PCI functions of bus 0 */
	u32 cfg_address;
	u32 cpuid_xor;
	unsigned lines;
	u64 ram[512];
	void (*on_irq[256])(unsigned);
	u64 ioapic[24]; /* the machine's */
	u32 ioapic_select;
	/* a virtio function: which bits of its BARs can be written, what lies there */
	unsigned sized; /* its number, 0: none */
	u32 bar_mask[6];
	u8 memory[16384]; /* at FAKE_MEMORY */
	bool iommu;
	unsigned polls, poisons, violations, dropped;
	const char *kind; /* of the last violation */
	struct blob payload[2];
} fake;

static struct vmcb fake_vmcb[CORE_MAX_CPUS];

static inline void fake_reset(unsigned cpus)
{
	memset(&fake, 0, sizeof(fake));
	memset(&config, 0, sizeof(config));
	memset(fake_vmcb, 0, sizeof(fake_vmcb));
	memset(vcpus, 0, sizeof(vcpus));
	fake.now = 1000;
	fake.window_open = true;
	memset(fake.cfg, 0xff, sizeof(fake.cfg));
	core_tsc_hz = 1000000000;
	config.cpus = cpus;
	config.mem = FAKE_LOW + FAKE_HIGH;
	for (unsigned i = 0; i < cpus; i++) {
		vcpus[i].index = i;
		vcpus[i].vmcb = &fake_vmcb[i];
	}
	vmm_on_init = NULL;
	vmm_on_sipi = NULL;
}

/* ---- core ---- */

void core_kick(struct vcpu *v)
{
	fake.kicks[v->index]++;
}

void core_idle(struct vcpu *v)
{
	if (++fake.idles >= fake.idle_end && fake.idle_end != 0)
		core_verdict("idle", "waits for ever");
	fake.now += fake.idle_step;
	if (fake.timer != 0 && fake.now < fake.timer)
		fake.now = fake.timer;
}

void core_on_irq(unsigned vector, void (*fn)(unsigned))
{
	assert_in_range(vector, 0x20, 0xef);
	fake.on_irq[vector] = fn;
}

/* A device interrupts, if its pin is open; false: it is not. */
static inline bool fake_irq(unsigned pin)
{
	u64 e = fake.ioapic[pin];

	if (e == 0 || (e & BIT(16)) != 0)
		return false;
	assert_int_equal(e >> 56, 0);
	fake.on_irq[e & 0xff]((unsigned)e & 0xff);
	return true;
}

void core_timer(u64 deadline)
{
	fake.timer = deadline;
}

u64 core_now(void)
{
	return fake.now;
}

u64 core_started(void)
{
	return fake.started;
}

bool fault_on(enum fault_id f)
{
	return f != FAULT_NONE_CHOSEN && f == fake.fault;
}

void event_inject(struct vcpu *v, enum event_type t, unsigned vector, bool has_error, u32 error)
{
	assert_false(fake.pending);
	fake.pending = true;
	fake.type = t;
	fake.vector = vector;
}

bool event_pending(const struct vcpu *v)
{
	return fake.pending;
}

bool event_window_open(const struct vcpu *v)
{
	return fake.window_open;
}

void event_want_window(struct vcpu *v, bool want)
{
	fake.want_window = want;
}

void channel(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake.line, sizeof(fake.line), fmt, ap);
	va_end(ap);
	fake.lines++;
}

void core_verdict(const char *word, const char *fmt, ...)
{
	snprintf(fake.verdict, sizeof(fake.verdict), "%s", word);
	if (!fake.expects)
		abort();
	longjmp(fake.jump, 1);
}

/* What `statement` ends the run with, "" when it does not. */
#define VERDICT(statement)                                                                         \
	(fake.verdict[0] = '\0', fake.expects = true,                                              \
	 setjmp(fake.jump) == 0 ? (void)(statement) : (void)0, fake.expects = false, fake.verdict)

struct blob core_payload(enum payload which)
{
	return fake.payload[which];
}

u64 guest_low_size(void)
{
	return FAKE_LOW;
}

u64 guest_high_size(void)
{
	return FAKE_HIGH;
}

bool guest_is_ram(u64 gpa)
{
	return gpa < FAKE_LOW || (gpa >= GIB(4) && gpa < GIB(4) + FAKE_HIGH);
}

bool guest_is_firmware(u64 gpa)
{
	return gpa >= GIB(4) - MIB(2) && gpa < GIB(4);
}

u64 backing_shared(u64 gpa)
{
	return guest_is_ram(gpa) ? (u64)(uintptr_t)fake.ram + gpa % sizeof(fake.ram) : 0;
}

/* ---- the machine ---- */

static inline void fake_access(bool port, bool write, u64 address, unsigned width, u64 value)
{
	fake.accesses++;
	fake.is_port = port;
	fake.is_write = write;
	fake.address = address;
	fake.width = width;
	fake.value = value;
}

/* The register the address port selects; other buses are empty. NULL: not the data port. */
static inline u8 *fake_config(u16 port)
{
	static u8 empty[4];

	if (port < 0xcfc || port > 0xcff || fake.cfg_address >> 31 == 0)
		return NULL;
	memset(empty, 0xff, sizeof(empty));
	if ((fake.cfg_address >> 16 & 0xff) != 0)
		return &empty[port & 3];
	return &fake.cfg[fake.cfg_address >> 8 & 0xff][(fake.cfg_address & 0xfc) | (port & 3)];
}

/* What a dword of configuration space becomes when it is a BAR with a size. */
static inline u32 fake_bar(u32 address, const u8 *cfg, u32 value)
{
	unsigned n = ((address & 0xfc) - 0x10) / 4;

	if (fake.sized == 0 || (address >> 8 & 0xffff) != fake.sized || n >= 6)
		return value;
	return (value & fake.bar_mask[n]) | (cfg[0] & 0xf & ~fake.bar_mask[n]);
}

static inline u8 *fake_memory(u64 address, unsigned width)
{
	u64 offset = address - FAKE_MEMORY;

	if (address < FAKE_MEMORY || offset > sizeof(fake.memory) - width)
		return NULL;
	return fake.memory + offset;
}

u32 machine_in(u16 port, unsigned width)
{
	const u8 *cfg = fake_config(port);
	u32 v = 0;

	if (cfg != NULL) {
		assert_true((port & 3) + width <= 4);
		memcpy(&v, cfg, width);
		return v;
	}
	fake_access(true, false, port, width, 0);
	return (u32)(fake.answer & nothing(width));
}

void machine_out(u16 port, unsigned width, u32 value)
{
	u8 *cfg = fake_config(port);

	if (port == 0xcf8 && width == 4) {
		fake.cfg_address = value;
	} else if (cfg != NULL) {
		assert_true((port & 3) + width <= 4);
		if (width == 4)
			value = fake_bar(fake.cfg_address, cfg, value);
		memcpy(cfg, &value, width);
	} else {
		fake_access(true, true, port, width, value);
	}
}

u64 machine_read(u64 address, unsigned width)
{
	u64 value = 0;

	if (fake_memory(address, width) != NULL) {
		memcpy(&value, fake_memory(address, width), width);
		return value;
	}
	fake_access(false, false, address, width, 0);
	return fake.answer & nothing(width);
}

void machine_write(u64 address, unsigned width, u64 value)
{
	if (address == 0xfec00000) {
		fake.ioapic_select = (u32)value - 0x10;
		return;
	}
	if (address == 0xfec00010) {
		u64 *e = &fake.ioapic[fake.ioapic_select / 2];

		assert_true(fake.ioapic_select < 48 && width == 4);
		*e = fake.ioapic_select & 1 ? (u32)*e | value << 32 : (*e >> 32 << 32) | value;
		return;
	}
	if (fake_memory(address, width) != NULL)
		memcpy(fake_memory(address, width), &value, width);
	else
		fake_access(false, true, address, width, value);
}

void machine_cpuid(u32 leaf, u32 subleaf, u32 out[4])
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = ~0u ^ fake.cpuid_xor;
}

#include "fake_vio_x86.h"

#endif
