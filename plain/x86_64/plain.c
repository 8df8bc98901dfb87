/* SPDX-License-Identifier: BSD-2-Clause */
/* A plain x86-64 VM: nothing is confidential, all memory is ours, devices answer directly. */
#include "../plain.h"
#include "abi/fd.h"
#include "console.h"
#include "mmu.h"
#include "platform.h"
#include "print.h"
#include "x86_64/cpu.h"
#include "x86_64/lapic.h"

#define PM1_SLP_EN        (1u << 13)
#define PM1_SLP_TYP       MASK(12, 10) /* S5 is type 0 on QEMU; AML would tell, but is never run */

#define PCI_ADDRESS       0xcf8u
#define PCI_DATA          0xcfcu
#define PCI_ENABLE        (1u << 31)
#define ICH9_LPC          0x29188086u
#define ICH9_PMBASE       0x40u
#define ICH9_ACPI_CNTL    0x44u
#define ICH9_ACPI_EN      0x80u
#define ICH9_PM_PORT      0x600u
#define ICH9_PM1_CNT      4u

#define RESET_CONTROL     0xcf9u
#define RESET_HARD        0x02u
#define RESET_NOW         0x06u
#define KEYBOARD_COMMAND  0x64u
#define KEYBOARD_RESET    0xfeu
#define ACPI_SPACE_MEMORY 0u
#define ACPI_SPACE_PORT   1u

#define POWER_OFF_WAIT_US 1000000u /* the machine stops a little later */
#define RESET_WAIT_US     10000u
#define STARTUP_WAIT_US   200u
#define INIT_WAIT_US      10000u

#define PHYS_BITS_LEAF    0x80000008u

static u64 mmio_read(u64 pa, unsigned width)
{
	switch (width) {
	case 1:
		return *(volatile u8 *)(uintptr_t)pa;
	case 2:
		return *(volatile u16 *)(uintptr_t)pa;
	case 4:
		return *(volatile u32 *)(uintptr_t)pa;
	default:
		return *(volatile u64 *)(uintptr_t)pa;
	}
}

static void mmio_write(u64 pa, unsigned width, u64 value)
{
	switch (width) {
	case 1:
		*(volatile u8 *)(uintptr_t)pa = (u8)value;
		break;
	case 2:
		*(volatile u16 *)(uintptr_t)pa = (u16)value;
		break;
	case 4:
		*(volatile u32 *)(uintptr_t)pa = (u32)value;
		break;
	default:
		*(volatile u64 *)(uintptr_t)pa = value;
		break;
	}
}

static u32 port_in(u16 port, unsigned width)
{
	u32 v = 0;

	switch (width) {
	case 1:
		__asm__ volatile("inb %w1, %b0" : "+a"(v) : "Nd"(port) : "memory");
		break;
	case 2:
		__asm__ volatile("inw %w1, %w0" : "+a"(v) : "Nd"(port) : "memory");
		break;
	default:
		__asm__ volatile("inl %w1, %0" : "=a"(v) : "Nd"(port) : "memory");
		break;
	}
	return v;
}

static void port_out(u16 port, unsigned width, u32 value)
{
	switch (width) {
	case 1:
		__asm__ volatile("outb %b0, %w1" : : "a"(value), "Nd"(port) : "memory");
		break;
	case 2:
		__asm__ volatile("outw %w0, %w1" : : "a"(value), "Nd"(port) : "memory");
		break;
	default:
		__asm__ volatile("outl %0, %w1" : : "a"(value), "Nd"(port) : "memory");
		break;
	}
}

static void port_in_string(u16 port, void *buf, size_t bytes)
{
	__asm__ volatile("rep insb" : "+D"(buf), "+c"(bytes) : "d"(port) : "memory");
}

static u64 msr_read(u32 msr)
{
	return rdmsr(msr);
}

static void msr_write(u32 msr, u64 value)
{
	wrmsr(msr, value);
}

/* Last in the list: what no confidential platform claimed. What the reset code saw to be
 * confidential never becomes plain. */
static enum status plain_detect(struct cvm *c, const struct handoff *h)
{
	u32 r[4] = { 0 };

	if (h->source == BOOT_X86_FD && h->fd.platform != FD_PLAIN)
		return ST_UNSUPPORTED;
	cpuid(0x80000000u, 0, r);
	c->addr_bits = 36;
	if (r[0] >= PHYS_BITS_LEAF && r[0] <= 0x8000ffffu) {
		cpuid(PHYS_BITS_LEAF, 0, r);
		if ((r[0] & 0xff) >= 32 && (r[0] & 0xff) <= 52)
			c->addr_bits = r[0] & 0xff;
	}
	c->addr_limit = BIT(c->addr_bits);
	return ST_OK;
}

/* INIT, STARTUP, STARTUP (Intel SDM volume 3, MP initialisation). The CPU finds ctx by its APIC id.
 */
static enum status plain_cpu_start(u64 hwid, u64 entry, u64 ctx)
{
	enum status st;

	if (entry == 0 || ctx == 0)
		return ST_NO_MEMORY;
	st = lapic_send_init(hwid);
	if (st != ST_OK)
		return st;
	delay_us(INIT_WAIT_US);
	for (unsigned i = 0; i < 2 && st == ST_OK; i++) {
		st = lapic_send_startup(hwid, entry);
		delay_us(STARTUP_WAIT_US);
	}
	return st;
}

NORETURN static void plain_cpu_off(void)
{
	__atomic_store_n(&cpu_self()->online, 0, __ATOMIC_RELEASE);
	arch_halt();
}

static u32 pci_config(unsigned device, unsigned function, unsigned reg)
{
	port_out(PCI_ADDRESS, 4, PCI_ENABLE | device << 11 | function << 8 | reg);
	return port_in(PCI_DATA, 4);
}

/* Without firmware nobody has given q35's power management (ICH9 data sheet, LPC bridge) its ports.
 */
static void enable_ich9_pm(void)
{
	if (pci_config(31, 0, 0) != ICH9_LPC)
		return;
	(void)pci_config(31, 0, ICH9_PMBASE);
	port_out(PCI_DATA, 4, ICH9_PM_PORT | 1);
	(void)pci_config(31, 0, ICH9_ACPI_CNTL);
	port_out(PCI_DATA, 1, ICH9_ACPI_EN);
	platform.pm1a_cnt_port = ICH9_PM_PORT + ICH9_PM1_CNT;
}

static void power_off(void)
{
	u32 v;

	if (platform.pm1a_cnt_port == 0 && !platform.from_acpi)
		enable_ich9_pm();
	if (platform.pm1a_cnt_port == 0)
		return;
	v = port_in(platform.pm1a_cnt_port, 2) & ~(u32)PM1_SLP_TYP;
	port_out(platform.pm1a_cnt_port, 2, v | PM1_SLP_EN);
}

static void reset_by_fadt(void)
{
	struct range r = { platform.reset_addr, 1 };

	if (platform.reset_addr == 0)
		return;
	if (platform.reset_space == ACPI_SPACE_PORT && platform.reset_addr <= 0xffff)
		port_out((u16)platform.reset_addr, 1, platform.reset_value);
	else if (platform.reset_space == ACPI_SPACE_MEMORY && mmu_map_device(r) == ST_OK)
		mmio_write(platform.reset_addr, 1, platform.reset_value);
}

/*
 * The verdict is how the machine ends: power-off passes, reset fails. So a missing power-off never
 * turns into a reset, and the other way round: what cannot be told stays a halt.
 */
NORETURN static void plain_shutdown(enum cvm_shutdown verdict)
{
	if (verdict == CVM_SHUTDOWN_PASS) {
		power_off();
		delay_us(POWER_OFF_WAIT_US);
		print("# shutdown: no power-off register (FADT) that works, halted\n");
		arch_halt();
	}
	/* A stop before discovery was through: what it said is still in the console's ring. */
	if (!console_present())
		console_init(&platform);
	reset_by_fadt();
	delay_us(RESET_WAIT_US);
	port_out(RESET_CONTROL, 1, RESET_HARD);
	port_out(RESET_CONTROL, 1, RESET_NOW);
	delay_us(RESET_WAIT_US);
	port_out(KEYBOARD_COMMAND, 1, KEYBOARD_RESET);
	arch_halt();
}

extern const struct cvm_ops plain_ops;
const struct cvm_ops plain_ops = {
	.name = "plain",
	.platform = CVM_PLAIN,
	.detect = plain_detect,
	.is_private = plain_is_private,
	.accept = plain_accept,
	.share = plain_convert,
	.unshare = plain_convert,
	.mmio_read = mmio_read,
	.mmio_write = mmio_write,
	.port_in = port_in,
	.port_out = port_out,
	.port_in_string = port_in_string,
	.msr_read = msr_read,
	.msr_write = msr_write,
	.evidence = plain_evidence,
	.measure_read = plain_measure_read,
	.measure_extend = plain_measure_extend,
	.cpu_start = plain_cpu_start,
	.cpu_off = plain_cpu_off,
	.shutdown = plain_shutdown,
};
