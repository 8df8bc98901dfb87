/* SPDX-License-Identifier: BSD-2-Clause */
/* Events that reach a device: ports, strings, MMIO, MSRs. */
#include "abi/coop_x86.h"
#include "mm.h"
#include "smp.h"
#include "snp_event.h"

#define PCI_ADDRESS  0xcf8u
#define APIC_BASE    0x1bu
#define APIC_X2APIC  BIT(10)
#define X2APIC_ID    0x802u
#define STRING_BYTES 40
#define MMIO_AT      64 /* bytes into the shared buffer */

static bool port_event(const char *asked, u64 info1, u64 *rax)
{
	struct ghcb_call c = { .set = GF(RAX) };

	c.value[GF_RAX] = *rax;
	if (!snp_event(&c, GHCB_EXIT_IOIO, info1, 0) || !expect_done(asked, &c))
		return false;
	if ((info1 & GHCB_IOIO_IN) == 0)
		return true;
	*rax = c.value[GF_RAX];
	return expect_true("the mark of RAX", (c.got & GF(RAX)) != 0, "set");
}

static bool uart_there(void)
{
	cvm.ops->port_out(UART_BYTE, 1, 0x35);
	if (cvm.ops->port_in(UART_BYTE, 1) == 0x35)
		return true;
	check_skip("no serial port with a scratch register");
	return false;
}

/* Only the operand's bits of RAX count, on the way there and back. */
static bool byte_kept(u8 byte, u64 above)
{
	u64 rax = above << 8 | byte, back = above << 8 | (u8)~byte;

	return port_event("OUT of one byte", IOIO_8(UART_BYTE), &rax) &&
	       port_event("IN of one byte", IOIO_8(UART_BYTE) | GHCB_IOIO_IN, &back) &&
	       expect_eq("the byte that came back", back & 0xff, byte);
}

void snp_device_port(void)
{
	u64 address = 0x80001834, back = ~0ULL, before = 0;

	if (!uart_there())
		return;
	if (!byte_kept(0x5a, 0) || !byte_kept(0xa5, 0xdeadbeefcafe12) || !byte_kept(0, 0x6d))
		return;
	if (!port_event("IN of the PCI address", IOIO_32(PCI_ADDRESS) | GHCB_IOIO_IN, &before) ||
	    !port_event("OUT of the PCI address", IOIO_32(PCI_ADDRESS), &address) ||
	    !port_event("IN of the PCI address", IOIO_32(PCI_ADDRESS) | GHCB_IOIO_IN, &back))
		return;
	expect_eq("the PCI address", (u32)back, (u32)address);
	before = (u32)before;
	port_event("OUT of the PCI address from before", IOIO_32(PCI_ADDRESS), &before);
}

/* By the instructions, whose #VC brings the string through the buffer. */
void snp_device_string(void)
{
	u8 text[STRING_BYTES];
	const u8 *from = text;
	u8 *to = text;
	u64 n = sizeof(text);

	if (!uart_there())
		return;
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (u8)(0x80 + i);
	__asm__ volatile("rep outsb" : "+S"(from), "+c"(n) : "d"((u16)UART_BYTE) : "memory");
	if (!expect_eq("RCX after REP OUTSB", n, 0) ||
	    !expect_eq("the register after REP OUTSB", cvm.ops->port_in(UART_BYTE, 1),
		       text[STRING_BYTES - 1]))
		return;
	cvm.ops->port_out(UART_BYTE, 1, 0x3c);
	n = sizeof(text);
	__asm__ volatile("rep insb" : "+D"(to), "+c"(n) : "d"((u16)UART_BYTE) : "memory");
	for (unsigned i = 0; i < sizeof(text); i++)
		if (!expect_eq("a byte of REP INSB", text[i], 0x3c))
			return;
}

/* The command's arguments are two addresses and a value only when all words came, in their order.
 */
void snp_device_string_order(void)
{
	u8 *shared = pool_alloc(1, PAGE_SIZE);
	u64 value = 0x537472696e674f75ULL, words[2] = { (u64)(uintptr_t)shared, value };
	struct ghcb_call c = { .buffer = (u8 *)words, .in = sizeof(words) };
	u64 info = IOIO_32(COOP_PORT_DATA) | GHCB_IOIO_STRING | GHCB_IOIO_REP |
		   GHCB_IOIO_SEG_DS << GHCB_IOIO_SEG_LO;

	if (shared == NULL) {
		check_skip("no free shared page");
		return;
	}
	if (coop_needs(COOP_WRITE_SHARED) &&
	    snp_event_scratch(&c, GHCB_EXIT_IOIO, info, sizeof(words) / 4, 0) &&
	    expect_done("OUTSD of four elements", &c)) {
		cvm.ops->port_out(COOP_PORT_COMMAND, 4, COOP_WRITE_SHARED);
		if (expect_eq("the host's answer to the command they are for",
			      cvm.ops->port_in(COOP_PORT_COMMAND, 4), COOP_OK))
			expect_eq("what the host wrote for it", *(volatile u64 *)shared, value);
	}
	pool_free(shared, 1);
}

/* ---- MSRs ---- */
static void read_id(void *arg)
{
	struct ghcb_call *c = arg;

	c->set = GF_REQUEST | GF(RCX);
	c->value[GF_EXITCODE] = GHCB_EXIT_MSR;
	c->value[GF_INFO1] = GHCB_MSR_EVENT_READ;
	c->value[GF_RCX] = X2APIC_ID;
	(void)ghcb_call(c); /* judged by its marks */
}

void snp_device_apic_id(void)
{
	if ((cvm.ops->msr_read(APIC_BASE) & APIC_X2APIC) == 0) {
		check_skip("no x2APIC");
		return;
	}
	for (unsigned cpu = 0; cpu < smp_cpu_count(); cpu++) {
		struct ghcb_call c = { 0 };
		u32 needed = GF(INFO1) | GF(RAX) | GF(RDX);

		if (cpu != 0 && smp_start_status(cpu) != ST_OK)
			continue;
		check_note("cpu %u", cpu);
		if (!expect_eq("giving work to the CPU", smp_run(cpu, read_id, &c), ST_OK) ||
		    !expect_eq("the CPU finishing", smp_wait(cpu), ST_OK) ||
		    !expect_eq("the marks of INFO1, RAX and RDX", c.got & needed, needed) ||
		    !expect_done("reading the x2APIC id", &c) ||
		    !expect_eq("the id", c.value[GF_RDX] << 32 | (u32)c.value[GF_RAX],
			       smp_hwid(cpu)))
			return;
	}
}

/* ---- MMIO ---- */
static bool select_write(u8 index, u64 at)
{
	static u8 buffer[MMIO_AT + 4];
	struct ghcb_call c = { .buffer = buffer, .in = at + 4 };

	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = i == at ? index : 0;
	return snp_event_scratch(&c, GHCB_EXIT_MMIO_WRITE, IOAPIC, 4, at) &&
	       expect_done("an MMIO write", &c);
}

static bool select_read(u64 at, u32 *index)
{
	static u8 buffer[MMIO_AT + 4];
	struct ghcb_call c = { .buffer = buffer, .out = at + 4 };

	if (!snp_event_scratch(&c, GHCB_EXIT_MMIO_READ, IOAPIC, 4, at) ||
	    !expect_done("an MMIO read", &c))
		return false;
	*index = 0;
	for (unsigned i = 4; i-- > 0;)
		*index = *index << 8 | buffer[at + i];
	return true;
}

/* The index selects a register and does nothing else. */
void snp_device_mmio(void)
{
	static const struct {
		u8 index;
		u64 write_at, read_at;
	} cases[] = { { 0x10, 0, 0 }, { 0x01, MMIO_AT, 0 }, { 0x12, 0, MMIO_AT } };
	u32 before, index;

	if (!ioapic_there() || !select_read(0, &before))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_note("data at the buffer + %llu, then + %llu",
			   (unsigned long long)cases[i].write_at,
			   (unsigned long long)cases[i].read_at);
		if (!select_write(cases[i].index, cases[i].write_at) ||
		    !select_read(cases[i].read_at, &index) ||
		    !expect_eq("the register", index, cases[i].index))
			break;
	}
	if (!check_failed())
		(void)select_write((u8)before, 0);
}
