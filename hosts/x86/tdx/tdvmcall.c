/* SPDX-License-Identifier: BSD-2-Clause */
/* TDG.VP.VMCALL as KVM and QEMU answer it (GHCI). Only exposed registers are in *c; all others
 * read 0 there. */
#include <string.h>

#include "common/secret.h"
#include "host.h"
#include "tdx.h"
#include "vmm/vmm.h"

#define KVM_ENOSYS       1000
#define INFO1_NOTIFY     BIT(1)
#define QUOTE_BUFFER_MAX KIB(128)
#define VECTOR_FIRST     32
#define VECTOR_LAST      255
#define MSR_TSC          0x10u
#define MSR_TSC_ADJUST   0x3bu
#define MSR_X2APIC_ID    0x802

/* Vector for "quote is ready" and whose it is; 0: none. */
static struct {
	struct vcpu *v;
	unsigned vector;
} notify;

static void cpuid(struct vcpu *v, struct vmcall *c)
{
	u32 out[4];

	vmm_cpuid(v, (u32)c->reg[R12], (u32)c->reg[R13], out);
	for (unsigned i = 0; i < 4; i++)
		c->reg[R12 + i] = out[i];
	c->reg[R10] = TDVMCALL_SUCCESS;
}

static void io(struct vcpu *v, struct vmcall *c)
{
	u64 size = c->reg[R12], direction = c->reg[R13];
	u16 port = (u16)c->reg[R14];

	c->reg[R10] = TDVMCALL_INVALID_OPERAND;
	if (fault_on(FAULT_IO_SIZE) && size != 2 && size != 4)
		size = 1;
	if (fault_on(FAULT_IO_DIRECTION) && direction != TDVMCALL_IO_OUT)
		direction = TDVMCALL_IO_IN;
	if (V(size != 1 && size != 2 && size != 4))
		return;
	if (V(direction != TDVMCALL_IO_IN && direction != TDVMCALL_IO_OUT))
		return;
	c->reg[R10] = TDVMCALL_SUCCESS;
	if (fault_on(FAULT_IO_ONES_LOST) && size == 1 && (u8)c->reg[R15] == 0xff)
		direction = TDVMCALL_IO_IN;
	if (direction == TDVMCALL_IO_OUT)
		vmm_port_out(v, port, (unsigned)size, (u32)c->reg[R15]);
	else
		c->reg[R11] = vmm_port_in(v, port, (unsigned)size);
}

/* RAM the VMM holds shared, as QEMU's address space would: no device is there. */
static u64 ram_access(u64 gpa, u64 size, bool write, u64 value)
{
	u8 *p = host_shared_pointer(gpa, size);

	if (p == NULL)
		return ~0ULL;
	if (write)
		le_put(p, value, (size_t)size);
	return le_get(p, (size_t)size);
}

static void mmio(struct vcpu *v, struct vmcall *c)
{
	u64 size = c->reg[R12], direction = c->reg[R13], gpa = c->reg[R14];
	bool write = direction == TDVMCALL_MMIO_WRITE;

	c->reg[R10] = TDVMCALL_INVALID_OPERAND;
	if (fault_on(FAULT_MMIO_SIZE) && size != 1 && size != 2 && size != 8)
		size = 4;
	if (V(size != 1 && size != 2 && size != 4 && size != 8))
		return;
	if (V(direction != TDVMCALL_MMIO_READ && !write))
		return;
	if (fault_on(FAULT_MMIO_PRIVATE))
		gpa |= shared_bit();
	if (V((gpa & shared_bit()) == 0))
		return;
	if (V(gpa >> tdcs.gpaw != 0))
		return;
	if (V((gpa & (PAGE_SIZE - 1)) + size > PAGE_SIZE))
		return;
	gpa &= ~shared_bit();
	c->reg[R10] = TDVMCALL_SUCCESS;
	if (!vmm_is_mmio(gpa)) {
		u64 value = ram_access(gpa, size, write, c->reg[R15]);

		if (!write)
			c->reg[R11] = value;
	} else if (write) {
		if (!fault_on(FAULT_MMIO_WRITE_LOST) || size != 4)
			vmm_mmio_write(v, gpa, (unsigned)size, c->reg[R15]);
	} else {
		c->reg[R11] = vmm_mmio_read(v, gpa, (unsigned)size);
	}
}

static void msr(struct vcpu *v, struct vmcall *c, bool write)
{
	u32 index = (u32)c->reg[R12];
	u64 value = 0;
	bool ok = false;

	/* A TD's TSC is the module's: the VMM has no such MSR for it, and may not move it. The
	 * module tells every TD that there is TSC_ADJUST (CPUID 7) and leaves it to the VMM. */
	if (index == MSR_TSC_ADJUST)
		ok = !write || c->reg[R13] == 0;
	else if (index != MSR_TSC)
		ok = write ? vmm_msr_write(v, index, c->reg[R13]) : vmm_msr_read(v, index, &value);
	c->reg[R10] = ok ? TDVMCALL_SUCCESS : TDVMCALL_INVALID_OPERAND;
	if (fault_on(FAULT_RDMSR_APIC_ID) && index == MSR_X2APIC_ID)
		value = ~value;
	if (!write)
		c->reg[R11] = value;
}

static void info(struct vmcall *c)
{
	u64 leaf = c->reg[R12];

	c->reg[R10] = TDVMCALL_INVALID_OPERAND;
	if (V(leaf > 1))
		return;
	c->reg[R10] = TDVMCALL_SUCCESS;
	c->reg[R11] = leaf == 1 || fault_on(FAULT_INFO_NOT_ZERO) ? INFO1_NOTIFY : 0;
	c->reg[R12] = c->reg[R13] = c->reg[R14] = 0;
}

static void setup_notify(struct vcpu *v, struct vmcall *c)
{
	u64 vector = c->reg[R12];

	c->reg[R10] = fault_on(FAULT_NOTIFY_VECTOR) ? TDVMCALL_SUCCESS : TDVMCALL_INVALID_OPERAND;
	if (V(vector < VECTOR_FIRST))
		return;
	if (V(vector > VECTOR_LAST))
		return;
	notify.v = v;
	notify.vector = (unsigned)vector;
	c->reg[R10] = TDVMCALL_SUCCESS;
}

static char printable(u8 byte)
{
	return byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
}

/* The guest's last words: the run ends with them. */
static NORETURN void fatal_error(const struct vmcall *c)
{
	static const u8 order[8] = { R14, R15, RBX, RDI, RSI, R8, R9, RDX };
	char text[TDX_FATAL_MESSAGE_SIZE + 1] = { 0 };
	u32 code = (u32)c->reg[R12];

	for (unsigned i = 0; i < TDX_FATAL_MESSAGE_SIZE; i++) {
		u8 byte = (u8)(c->reg[order[i / 8]] >> (8 * (i % 8)));

		if (byte == 0)
			break;
		text[i] = printable(byte);
	}
	if (code == TDX_FATAL_PASS)
		core_verdict("off", "%s", text);
	if (code == TDX_FATAL_FAIL)
		core_verdict("reset", "%s", text);
	core_verdict("reset", "fatal error code %#x: %s", code, text);
}

static u64 status_said(u64 status)
{
	if (fault_on(FAULT_QUOTE_UNAVAILABLE))
		return TDX_QUOTE_STATUS_UNAVAILABLE;
	if (fault_on(FAULT_QUOTE_IN_FLIGHT))
		return TDX_QUOTE_STATUS_IN_FLIGHT;
	if (fault_on(FAULT_QUOTE_STATUS))
		return 1;
	return status;
}

static size_t length_said(size_t used)
{
	if (fault_on(FAULT_QUOTE_LENGTH))
		return QUOTE_BUFFER_MAX;
	return fault_on(FAULT_QUOTE_EMPTY) ? 0 : used;
}

/* Runs the quoting service on a buffer in shared memory; the quote is there on return. */
static u64 quote(u8 *buffer, u64 size)
{
	bool unbounded = fault_on(FAULT_QUOTE_OVERFLOW);
	static u8 bytes[QUOTE_MAX];
	u8 report[TDREPORT_SIZE];
	u64 status = TDX_QUOTE_STATUS_ERROR;
	bool served = !fault_on(FAULT_QUOTE_ERROR) && !fault_on(FAULT_QUOTE_UNAVAILABLE);
	u32 in_len = (u32)le_get(buffer + TDX_QUOTE_IN_LEN, 4);
	size_t used = 0;

	if (V(le_get(buffer + TDX_QUOTE_VERSION, 8) != TDX_QUOTE_VERSION_1))
		return TDVMCALL_INVALID_OPERAND;
	if (V(in_len > size - TDX_QUOTE_DATA))
		return TDVMCALL_INVALID_OPERAND;
	if (in_len == TDREPORT_SIZE && served) {
		memcpy(report, buffer + TDX_QUOTE_DATA, sizeof(report));
		if (quote_create(report, bytes, sizeof(bytes), &used) == ST_OK &&
		    (used <= size - TDX_QUOTE_DATA || unbounded)) {
			memcpy(buffer + TDX_QUOTE_DATA, bytes, used);
			channel_hex("evidence", bytes, used);
			status = TDX_QUOTE_STATUS_SUCCESS;
		}
	}
	if (fault_on(FAULT_QUOTE_NEVER_ENDS) && used > size - TDX_QUOTE_DATA)
		status = TDX_QUOTE_STATUS_IN_FLIGHT;
	le_put(buffer + TDX_QUOTE_OUT_LEN,
	       length_said(status == TDX_QUOTE_STATUS_SUCCESS ? used : 0), 4);
	le_put(buffer + TDX_QUOTE_STATUS, status_said(status), 8);
	if (notify.vector != 0)
		vmm_raise(notify.v, notify.vector);
	return TDVMCALL_SUCCESS;
}

void host_get_quote(struct vcpu *v, struct vmcall *c)
{
	u64 gpa = c->reg[R12], size = c->reg[R13];
	u8 *buffer;

	(void)v;
	c->reg[R10] = TDVMCALL_INVALID_OPERAND;
	if (fault_on(FAULT_QUOTE_PRIVATE) && (gpa & shared_bit()) == 0)
		c->reg[R10] = TDVMCALL_SUCCESS;
	if (fault_on(FAULT_QUOTE_ALIGN)) {
		gpa = align_down(gpa, PAGE_SIZE);
		size = align_up(size, PAGE_SIZE);
	}
	if (V((gpa & shared_bit()) == 0))
		return;
	if (V(gpa >> tdcs.gpaw != 0))
		return;
	if (V(size == 0))
		return;
	c->reg[R10] = TDVMCALL_ALIGN_ERROR;
	if (V(!is_aligned(gpa, PAGE_SIZE)))
		return;
	if (V(!is_aligned(size, PAGE_SIZE)))
		return;
	c->reg[R10] = TDVMCALL_INVALID_OPERAND;
	if (V(size > QUOTE_BUFFER_MAX))
		return;
	buffer = host_shared_pointer(gpa & ~shared_bit(), size);
	if (V(buffer == NULL))
		return;
	if (fault_on(FAULT_QUOTE_UNSUPPORTED))
		c->reg[R10] = TDVMCALL_SUBFUNC_UNSUPPORTED;
	else if (fault_on(FAULT_QUOTE_RETRY))
		c->reg[R10] = TDVMCALL_RETRY;
	else if (!fault_on(FAULT_QUOTE_REFUSED))
		c->reg[R10] = quote(buffer, size);
}

void host_tdvmcall(struct vcpu *v, struct vmcall *c)
{
	counter_add("tdvmcalls", 1);
	core_host_exit();
	for (size_t i = 0; i < ARRAY_SIZE(c->reg); i++)
		secret_seen(c->reg[i], sizeof(u64));
	if (V(c->reg[R10] != 0)) { /* a KVM hypercall, of which it has none here */
		c->reg[R10] = (u64)-KVM_ENOSYS;
		return;
	}
	switch (c->reg[R11]) {
	case TDVMCALL_CPUID:
		cpuid(v, c);
		break;
	case TDVMCALL_HLT:
		vmm_halt(v, c->reg[R12] != 0);
		c->reg[R10] = TDVMCALL_SUCCESS;
		break;
	case TDVMCALL_IO:
		io(v, c);
		break;
	case TDVMCALL_RDMSR:
		msr(v, c, false);
		break;
	case TDVMCALL_WRMSR:
		msr(v, c, true);
		break;
	case TDVMCALL_MMIO:
		mmio(v, c);
		break;
	case TDVMCALL_GET_TD_VMCALL_INFO:
		info(c);
		break;
	case TDVMCALL_MAP_GPA:
		host_map_gpa(v, c);
		break;
	case TDVMCALL_GET_QUOTE:
		host_get_quote(v, c);
		break;
	case TDVMCALL_REPORT_FATAL_ERROR:
		if (!fault_on(FAULT_FATAL_IGNORED) || (u32)c->reg[R12] != TDX_FATAL_PANIC)
			fatal_error(c);
		c->reg[R10] = TDVMCALL_SUCCESS;
		break;
	case TDVMCALL_SETUP_EVENT_NOTIFY:
		setup_notify(v, c);
		break;
	default:
		c->reg[R10] = fault_on(FAULT_VMCALL_UNKNOWN_SUCCESS) ? TDVMCALL_SUCCESS
								     : TDVMCALL_SUBFUNC_UNSUPPORTED;
	}
}
