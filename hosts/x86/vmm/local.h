/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the vmm. All state is changed under the core's one lock. */
#ifndef VMM_LOCAL_H
#define VMM_LOCAL_H

#include "abi/coop_x86.h"
#include "core/vmcb.h"
#include "vmm/vmm.h"

/* ---- the machine's devices (machine.c); width 1, 2, 4 or, in memory, 8 ---- */
u32 machine_in(u16 port, unsigned width);
void machine_out(u16 port, unsigned width, u32 value);
u64 machine_read(u64 address, unsigned width);
void machine_write(u64 address, unsigned width, u64 value);
void machine_cpuid(u32 leaf, u32 subleaf, u32 out[4]);

/* a * b / c rounded down, all ones when that does not fit; c is not 0. */
u64 scale(u64 a, u64 b, u64 c);

/* All ones of `width` bytes: what an address reads behind which there is nothing. */
static inline u64 nothing(unsigned width)
{
	return width >= 8 ? ~0ULL : BIT(width * 8) - 1;
}

/* `width` bytes at `offset` of a little-endian register file; bytes behind its end read 0 and are
 * not written. */
u64 bytes_get(const u8 *file, size_t size, u64 offset, unsigned width);
void bytes_put(u8 *file, size_t size, u64 offset, unsigned width, u64 value);

/* ---- local APIC ---- */
enum lapic_offset {
	LAPIC_ID = 0x20,
	LAPIC_VERSION = 0x30,
	LAPIC_TPR = 0x80,
	LAPIC_APR = 0x90,
	LAPIC_PPR = 0xa0,
	LAPIC_EOI = 0xb0,
	LAPIC_LDR = 0xd0,
	LAPIC_DFR = 0xe0,
	LAPIC_SVR = 0xf0,
	LAPIC_ISR = 0x100,
	LAPIC_TMR = 0x180,
	LAPIC_IRR = 0x200,
	LAPIC_ESR = 0x280,
	LAPIC_ICR_LOW = 0x300,
	LAPIC_ICR_HIGH = 0x310,
	LAPIC_LVT_TIMER = 0x320,
	LAPIC_LVT_THERMAL = 0x330,
	LAPIC_LVT_PERFORMANCE = 0x340,
	LAPIC_LVT_LINT0 = 0x350,
	LAPIC_LVT_LINT1 = 0x360,
	LAPIC_LVT_ERROR = 0x370,
	LAPIC_TIMER_INITIAL = 0x380,
	LAPIC_TIMER_CURRENT = 0x390,
	LAPIC_TIMER_DIVIDE = 0x3e0,
	LAPIC_SELF_IPI = 0x3f0,
};

enum { LVT_TIMER, LVT_THERMAL, LVT_PERFORMANCE, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVT_COUNT };

#define LVT_MASKED        BIT(16)
#define SVR_ENABLED       BIT(8)
#define APIC_BASE_ADDRESS 0xfee00000ULL
#define APIC_BASE_BSP     BIT(8)
#define APIC_BASE_EXTD    BIT(10)
#define APIC_BASE_EN      BIT(11)

#define ESR_SEND_VECTOR   BIT(5)
#define ESR_VECTOR        BIT(6)

struct lapic {
	u64 base; /* MSR 0x1b */
	bool x2apic_only;
	u32 tpr, ldr, dfr, svr, esr, esr_next, icr_low, icr_high;
	u32 lvt[LVT_COUNT];
	u32 irr[8], isr[8], tmr[8];
	u8 self_sent; /* vector of the last interrupt sent to oneself, until its EOI */
	/* timer: TSC of the machine */
	u32 initial, divide;
	u64 deadline; /* it interrupts next; 0: stopped */
	u64 tsc_deadline;
};

struct vmm_cpu {
	struct lapic lapic;
	bool nmi_pending, nmi_blocked;
	bool unhalt; /* the next or present vmm_halt() or vmm_park() ends */
	u64 mtrr_default, mtrr_fixed[11], mtrr_variable[16], pat, misc_enable;
	/* coop */
	u32 coop_word[COOP_PORT_WORDS], coop_status;
	bool coop_results; /* coop_word holds results, not arguments */
	unsigned coop_next;
};

static inline struct vmm_cpu *vmm_cpu(const struct vcpu *v)
{
	return v->vmm;
}

static inline struct lapic *lapic_of(const struct vcpu *v)
{
	return &vmm_cpu(v)->lapic;
}

static inline bool lapic_x2apic(const struct lapic *l)
{
	return (l->base & APIC_BASE_EXTD) != 0;
}

static inline bool lapic_accepts(const struct lapic *l)
{
	return (l->base & APIC_BASE_EN) != 0 && (l->svr & SVR_ENABLED) != 0;
}

/* lapic.c */
void lapic_error(struct vcpu *v, u32 bit);
/* Sets IRR; the vCPU is kicked unless it is `self` (NULL: unknown). false: not accepted. */
bool lapic_accept(struct vcpu *self, struct vcpu *target, unsigned vector, bool level);
int lapic_highest(const u32 set[8]); /* -1: none */
u8 lapic_ppr(struct vcpu *v);
void lapic_tpr_sync(struct vcpu *v);
/* MSR view: false is #GP. */
bool lapic_msr_read(struct vcpu *v, u32 msr, u64 *value);
bool lapic_msr_write(struct vcpu *v, u32 msr, u64 value);
bool lapic_base_write(struct vcpu *v, u64 value);

/* lapic_timer.c */
void timer_reset(struct lapic *l);
void timer_poll(struct vcpu *v); /* raises what is due */
bool timer_due(const struct vcpu *v);
u32 timer_current(const struct vcpu *v);
void timer_set_initial(struct vcpu *v, u32 value);
void timer_set_divide(struct vcpu *v, u32 value);
void timer_set_lvt(struct vcpu *v, u32 value);
u64 timer_tsc_deadline(const struct vcpu *v);
void timer_set_tsc_deadline(struct vcpu *v, u64 value);

/* lapic_ipi.c */
enum delivery {
	DELIVER_FIXED,
	DELIVER_LOWEST,
	DELIVER_SMI,
	DELIVER_NMI = 4,
	DELIVER_INIT,
	DELIVER_SIPI
};
bool lapic_matches(const struct vcpu *v, u32 destination, bool logical, bool wide);
void lapic_nmi(struct vcpu *self, struct vcpu *target);

/* ---- the other devices ---- */
void ioapic_reset(void);
u64 ioapic_read(u64 offset, unsigned width);
void ioapic_write(u64 offset, unsigned width, u64 value);
void ioapic_eoi(unsigned vector);
void ioapic_line(unsigned pin, bool level);

void forward_reset(void);
void forward_open(unsigned pin);
void forward_poll(void);

void fwcfg_init(void);
u32 fwcfg_in(u16 port, unsigned width);
void fwcfg_out(u16 port, unsigned width, u32 value);

void pic_reset(void);
u8 pic_in(u16 port);
void pic_out(u16 port, u8 value);

u8 cmos_in(u16 port);
void cmos_out(u16 port, u8 value);

u8 i8042_in(u16 port);
void i8042_out(u16 port, u8 value);

u32 pm_in(u16 port, unsigned width);
void pm_out(u16 port, unsigned width, u32 value);

u8 uart_in(u16 port);
void uart_out(u16 port, u8 value);
extern u64 uart_bytes, uart_sum;

void debugcon_out(u8 value);

void marks_init(void);
void marks_byte(u8 value); /* one of the console's */

/* PCI configuration space (pci.c), by either mechanism; offset < 4096, within one dword. */
void pci_init(void);
u32 pci_read(unsigned bdf, unsigned offset, unsigned width);
void pci_write(unsigned bdf, unsigned offset, unsigned width, u32 value);
u32 pci_port_in(u16 port, unsigned width);
void pci_port_out(u16 port, unsigned width, u32 value);
u64 pci_ecam(void); /* base of the 256 MiB window as the guest placed it; 0: off */

u32 coop_in(struct vcpu *v, u16 port, unsigned width);
void coop_out(struct vcpu *v, u16 port, unsigned width, u32 value);

bool mtrr_read(struct vcpu *v, u32 msr, u64 *value);
bool mtrr_write(struct vcpu *v, u32 msr, u64 value);

#endif
