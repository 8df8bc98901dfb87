/* SPDX-License-Identifier: BSD-2-Clause */
/* TDG.VP.VMCALL: what the module does with registers, and the host's answers. */
#include "smp.h"
#include "tdx_check.h"

#define UART_LSR     0x3fd
#define UART_SCRATCH 0x3ff
#define PCI_ADDRESS  0xcf8
#define IOAPIC       0xfec00000ULL
#define X2APIC_ID    0x802

#define INPUTS       (TDVMCALL_R12 | TDVMCALL_R13 | TDVMCALL_R14)

/* Raw: every register and the whole mask as given. */
static u64 vmcall(struct tdcall_regs *r, u64 mask)
{
	r->rax = TDG_VP_VMCALL;
	r->rcx = mask;
	tdcall(r);
	return r->rax;
}

static u64 io(u64 port, u64 size, u64 direction, u64 *value)
{
	struct tdcall_regs r = {
		.r11 = TDVMCALL_IO, .r12 = size, .r13 = direction, .r14 = port, .r15 = *value
	};
	u64 r10 = tdvmcall(&r, INPUTS | TDVMCALL_R15);

	if (direction == TDVMCALL_IO_IN)
		*value = r.r11;
	return r10;
}

static bool out(u64 port, u64 size, u64 value)
{
	return expect_eq("OUT", io(port, size, TDVMCALL_IO_OUT, &value), TDVMCALL_SUCCESS);
}

static bool expect_in(const char *asked, u64 port, u64 size, u64 value)
{
	u64 got = 0;

	return expect_eq("IN", io(port, size, TDVMCALL_IO_IN, &got), TDVMCALL_SUCCESS) &&
	       expect_eq(asked, got & MASK(8 * size - 1, 0), value);
}

/* COM1's scratch register holds any byte and does nothing. */
static bool have_uart(void)
{
	u64 lsr = 0;

	if (io(UART_LSR, 1, TDVMCALL_IO_IN, &lsr) == TDVMCALL_SUCCESS && (lsr & 0xff) != 0xff)
		return true;
	check_skip("no UART whose scratch register could be written");
	return false;
}

void tdx_vmcall_mask(void)
{
	static const u64 bad[] = { BIT(0), BIT(1), BIT(4), BIT(32), BIT(63), MASK(63, 32) };

	if (!have_uart() || !out(UART_SCRATCH, 1, 0x3c))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		u64 mask = TDVMCALL_R10 | TDVMCALL_R11 | INPUTS | TDVMCALL_R15 | bad[i];
		struct tdcall_regs r = { .r11 = TDVMCALL_IO,
					 .r12 = 1,
					 .r13 = TDVMCALL_IO_OUT,
					 .r14 = UART_SCRATCH,
					 .r15 = 0xc3 };

		check_note("mask 0x%llx", (unsigned long long)mask);
		if (!expect_eq("TDG.VP.VMCALL with a register that cannot be passed",
			       vmcall(&r, mask), INVALID(RCX)))
			return;
	}
	expect_in("what the refused call would have written", UART_SCRATCH, 1, 0x3c);
}

/* In the order of struct tdcall_regs, and which of them the call below passes. */
static const char *const names[] = { "RAX", "RCX", "RDX", "RBX", "RBP", "RSI", "RDI", "R8",
				     "R9",  "R10", "R11", "R12", "R13", "R14", "R15" };
#define AT_RAX 0
#define AT_RCX 1
#define AT_R10 9
#define AT_R11 10

/* R12 is the leaf: what is not passed is no leaf that exists, and must be 0 for the host. */
void tdx_vmcall_outside(void)
{
	union {
		struct tdcall_regs r;
		u64 reg[ARRAY_SIZE(names)];
	} u;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		u.reg[i] = 0x4b65657000000000ULL + i;
	u.r.r10 = 0;
	u.r.r11 = TDVMCALL_GET_TD_VMCALL_INFO;
	if (!expect_eq("TDG.VP.VMCALL", vmcall(&u.r, TDVMCALL_R10 | TDVMCALL_R11), TDX_SUCCESS) ||
	    !expect_eq("the mask afterwards", u.r.rcx, TDVMCALL_R10 | TDVMCALL_R11) ||
	    !expect_eq("leaf 0, as R12 is not passed", u.r.r10, TDVMCALL_SUCCESS))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (i == AT_RAX || i == AT_RCX || i == AT_R10 || i == AT_R11)
			continue;
		check_note("register %s", names[i]);
		if (!expect_eq("a register outside the mask", u.reg[i], 0x4b65657000000000ULL + i))
			return;
	}
}

void tdx_vmcall_info(void)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_GET_TD_VMCALL_INFO, .r13 = ~0ULL, .r14 = ~0ULL };

	if (!expect_eq("GetTdVmCallInfo", tdvmcall(&r, INPUTS), TDVMCALL_SUCCESS) ||
	    !expect_eq("R11", r.r11, 0) || !expect_eq("R12", r.r12, 0) ||
	    !expect_eq("R13", r.r13, 0) || !expect_eq("R14", r.r14, 0))
		return;
	r = (struct tdcall_regs){ .r11 = TDVMCALL_GET_TD_VMCALL_INFO, .r12 = 2 };
	expect_ne("GetTdVmCallInfo of leaf 2", tdvmcall(&r, INPUTS), TDVMCALL_SUCCESS);
}

void tdx_vmcall_unknown(void)
{
	static const u64 functions[] = { 0x1ffff, 0xfff0, 0x100010000ULL, ~0ULL };

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		struct tdcall_regs r = { .r11 = functions[i] };
		u64 r10 = tdvmcall(&r, INPUTS);

		check_note("sub-function 0x%llx: 0x%llx", (unsigned long long)functions[i],
			   (unsigned long long)r10);
		if (r10 != TDVMCALL_INVALID_OPERAND &&
		    !expect_eq("a sub-function that does not exist", r10,
			       TDVMCALL_SUBFUNC_UNSUPPORTED))
			return;
	}
}

void tdx_vmcall_io(void)
{
	static const u8 bytes[] = { 0x00, 0x55, 0xaa, 0xff };
	u64 address = 0;

	if (!have_uart())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
		if (!out(UART_SCRATCH, 1, bytes[i]) ||
		    !expect_in("the scratch register", UART_SCRATCH, 1, bytes[i]))
			return;
	if (io(PCI_ADDRESS, 4, TDVMCALL_IO_IN, &address) != TDVMCALL_SUCCESS || (u32)address == ~0u)
		return; /* no PCI */
	if (out(PCI_ADDRESS, 4, 0x80123454) &&
	    expect_in("the address register of PCI", PCI_ADDRESS, 4, 0x80123454))
		out(PCI_ADDRESS, 4, (u32)address);
}

void tdx_vmcall_io_invalid(void)
{
	static const u64 sizes[] = { 0, 3, 5, 8, 0x100000001ULL };
	static const u64 directions[] = { 2, 3, 0x100000000ULL, ~0ULL };
	u64 value = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_note("size 0x%llx", (unsigned long long)sizes[i]);
		if (!expect_eq("IN of a size that does not exist",
			       io(UART_SCRATCH, sizes[i], TDVMCALL_IO_IN, &value),
			       TDVMCALL_INVALID_OPERAND))
			return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(directions); i++) {
		check_note("direction 0x%llx", (unsigned long long)directions[i]);
		if (!expect_eq("IO in a direction that does not exist",
			       io(UART_SCRATCH, 1, directions[i], &value),
			       TDVMCALL_INVALID_OPERAND))
			return;
	}
}

struct id {
	u64 r10, asked, hardware;
};

static void read_id(void *arg)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_RDMSR, .r12 = X2APIC_ID };
	struct id *id = arg;

	id->r10 = tdvmcall(&r, TDVMCALL_R12);
	id->asked = r.r11;
	id->hardware = arch_cpu_hwid();
}

void tdx_vmcall_rdmsr(void)
{
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		struct id id = { .asked = ~0ULL };

		if (smp_start_status(cpu) != ST_OK)
			continue; /* judged by smp.start */
		check_note("cpu %u", cpu);
		if (!expect_eq("the CPU taking work", smp_run(cpu, read_id, &id), ST_OK) ||
		    !expect_eq("the CPU finishing", smp_wait(cpu), ST_OK) ||
		    !expect_eq("RDMSR of the x2APIC id", id.r10, TDVMCALL_SUCCESS) ||
		    !expect_eq("the x2APIC id", id.asked, id.hardware))
			return;
	}
}

static u64 mmio(u64 gpa, u64 size, u64 direction, u64 *value)
{
	struct tdcall_regs r = {
		.r11 = TDVMCALL_MMIO, .r12 = size, .r13 = direction, .r14 = gpa, .r15 = *value
	};
	u64 r10 = tdvmcall(&r, INPUTS | TDVMCALL_R15);

	if (direction == TDVMCALL_MMIO_READ)
		*value = r.r11;
	return r10;
}

/* The IOAPIC's index register, which decides nothing until its window is used. */
void tdx_vmcall_mmio(void)
{
	static const u8 indexes[] = { 0x10, 0x01, 0x2f, 0x00 };
	u64 gpa = IOAPIC | tdx_shared_bit(), value = 0;

	if (mmio(gpa, 4, TDVMCALL_MMIO_READ, &value) == TDVMCALL_SUCCESS && (u32)value == ~0u) {
		check_skip("no IOAPIC whose index could be written");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++) {
		value = indexes[i];
		if (!expect_eq("MMIO write", mmio(gpa, 4, TDVMCALL_MMIO_WRITE, &value),
			       TDVMCALL_SUCCESS) ||
		    !expect_eq("MMIO read", mmio(gpa, 4, TDVMCALL_MMIO_READ, &value),
			       TDVMCALL_SUCCESS) ||
		    !expect_eq("the IOAPIC's index", (u32)value, indexes[i]))
			return;
	}
}

void tdx_vmcall_mmio_invalid(void)
{
	static const struct {
		u64 size, direction;
	} cases[] = { { 0, TDVMCALL_MMIO_READ },
		      { 3, TDVMCALL_MMIO_READ },
		      { 16, TDVMCALL_MMIO_READ },
		      { 0x100000004ULL, TDVMCALL_MMIO_READ },
		      { 4, 2 },
		      { 4, 0x100000000ULL } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 value = 0;

		check_note("size 0x%llx, direction 0x%llx", (unsigned long long)cases[i].size,
			   (unsigned long long)cases[i].direction);
		if (!expect_eq(
			"MMIO of a size or direction that does not exist",
			mmio(IOAPIC | tdx_shared_bit(), cases[i].size, cases[i].direction, &value),
			TDVMCALL_INVALID_OPERAND))
			return;
	}
}

/* Vectors below 32 are exceptions: no host may be asked to raise one. */
void tdx_vmcall_notify(void)
{
	static const u64 vectors[] = { 0, 14, 31, 256, 0x100000030ULL, ~0ULL };

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct tdcall_regs r = { .r11 = TDVMCALL_SETUP_EVENT_NOTIFY, .r12 = vectors[i] };
		u64 r10 = tdvmcall(&r, TDVMCALL_R12);

		check_note("vector 0x%llx", (unsigned long long)vectors[i]);
		if (r10 == TDVMCALL_SUBFUNC_UNSUPPORTED) {
			check_skip("the host has no event notification");
			return;
		}
		if (!expect_eq("SetupEventNotifyInterrupt", r10, TDVMCALL_INVALID_OPERAND))
			return;
	}
}

void tdx_vmcall_mmio_private(void)
{
	u64 page = page_get(), value = 0;

	if (page == 0)
		return;
	store64(page, ~page);
	if (expect_eq("MMIO read of a device without the shared bit",
		      mmio(IOAPIC, 4, TDVMCALL_MMIO_READ, &value), TDVMCALL_INVALID_OPERAND) &&
	    expect_eq("MMIO read of private memory", mmio(page, 8, TDVMCALL_MMIO_READ, &value),
		      TDVMCALL_INVALID_OPERAND) &&
	    expect_eq("MMIO write to private memory", mmio(page, 8, TDVMCALL_MMIO_WRITE, &value),
		      TDVMCALL_INVALID_OPERAND))
		expect_eq("the private page afterwards", load64(page), ~page);
	page_put(page);
}

/* The code every VMM knows. All registers of the text are passed, and empty. */
void tdx_vmcall_fatal(void)
{
	struct tdcall_regs r = { .r11 = TDVMCALL_REPORT_FATAL_ERROR, .r12 = TDX_FATAL_PANIC };

	check_note("answered 0x%llx", (unsigned long long)tdvmcall(&r, TDVMCALL_MASK_ALL));
}
