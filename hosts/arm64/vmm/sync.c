/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous exits: aborts of stage 2, devices, software interrupts, WFI. */
#include "abi/coop.h"
#include "common/secret.h"
#include "vmm/devices.h"
#include "vmm/its.h"
#include "vmm/pci.h"
#include "vmm/vmm.h"

#define EC_WFX        0x01u
#define EC_SYSREG     0x18u
#define EC_INST_ABORT 0x20u
#define EC_DATA_ABORT 0x24u
#define ESR_EC(esr)   ((u32)FIELD(esr, 31, 26))
#define ESR_ISV       BIT(24)
#define ESR_WNR       BIT(6)
#define WFX_TIMEOUT   BIT(1)

/* Op0, Op2, Op1, CRn, CRm of the trapped register, direction (bit 0) and Rt left out. */
#define SYSREG(op0, op1, crn, crm, op2)                                                            \
	((u32)(op0) << 20 | (u32)(op2) << 17 | (u32)(op1) << 14 | (u32)(crn) << 10 |               \
	 (u32)(crm) << 1)
#define SYSREG_MASK    SYSREG(3, 7, 15, 15, 7)
#define SYSREG_READ    BIT(0)
#define ICC_SGI1R_EL1  SYSREG(3, 0, 12, 11, 5)
#define ICC_ASGI1R_EL1 SYSREG(3, 0, 12, 11, 6)
#define ICC_SGI0R_EL1  SYSREG(3, 0, 12, 11, 7)
#define REVIDR_EL1     SYSREG(3, 0, 0, 0, 6)
#define CCSIDR_EL1     SYSREG(3, 1, 0, 0, 0)
#define CLIDR_EL1      SYSREG(3, 1, 0, 0, 1)
#define AIDR_EL1       SYSREG(3, 1, 0, 0, 7)
#define CSSELR_EL1     SYSREG(3, 2, 0, 0, 0)
#define CTR_EL0        SYSREG(3, 3, 0, 0, 1)
#define CSSELR_FIELDS  MASK(4, 0)

void exit_sea(struct vcpu *v)
{
	count(&vm.count.sea_injected);
	v->run->enter.flags |= RMI_ENTER_INJECT_SEA;
}

/* ---- software interrupts ---- */

static void send_sgi(struct vcpu *v, u64 value, bool group1)
{
	u32 self = 1u << v->index, hit;

	count(&vm.count.sgis);
	core_lock(&vm.dev_lock);
	if (fault_on(FAULT_SGI_WRONG_CPU) && !(value & BIT(40)) && !(value & self) &&
	    (value & 0xffff))
		value = (value & ~0xffffULL) | self;
	if (fault_on(FAULT_SGI_OTHER_LOST) && !(value & BIT(40)) && !(value & self))
		value &= ~0xffffULL;
	if (fault_on(FAULT_SGI_SELF_LOST))
		value &= ~(u64)self;
	hit = vgic_sgi(&vm.vgic, v->index, value, group1);
	if (fault_on(FAULT_SGI_SELF_TWICE) && (hit & self))
		vgic_force(&vm.vgic, v->index, (u32)FIELD(value, 27, 24));
	core_unlock(&vm.dev_lock);
	vm_kick(hit);
}

/* Where a model leaves these to the host; all else reads as zero. */
static u64 sysreg_read(const struct vcpu *v, u32 reg)
{
	switch (reg) {
	case REVIDR_EL1:
		return core_register(CORE_REVIDR, 0);
	case AIDR_EL1:
		return core_register(CORE_AIDR, 0);
	case CTR_EL0:
		return core_register(CORE_CTR, 0);
	case CLIDR_EL1:
		return core_register(CORE_CLIDR, 0);
	case CCSIDR_EL1:
		return core_register(CORE_CCSIDR, v->csselr);
	case CSSELR_EL1:
		return v->csselr;
	default:
		return 0;
	}
}

static void sysreg(struct vcpu *v)
{
	const struct rmi_rec_exit *e = &v->run->exit;

	v->stuck_count = 0;
	if (e->esr & SYSREG_READ) {
		v->run->enter.gprs[0] = sysreg_read(v, e->esr & SYSREG_MASK);
		return;
	}
	switch (e->esr & SYSREG_MASK) {
	case ICC_SGI1R_EL1:
		send_sgi(v, e->gprs[0], true);
		break;
	case ICC_ASGI1R_EL1:
	case ICC_SGI0R_EL1:
		send_sgi(v, e->gprs[0], false);
		break;
	case CSSELR_EL1:
		v->csselr = e->gprs[0] & CSSELR_FIELDS;
		break;
	}
}

/* ---- devices ---- */

static bool console(u64 offset, unsigned size, bool write, u64 *value)
{
	int byte;
	bool there;

	if (fault_on(FAULT_CONSOLE_BYTE_LOST) && write && offset == 0 && (u8)*value == 'Q')
		return true;
	there = uart_access(&vm.uart, offset, size, write, value, &byte);
	if (byte < 0)
		return there;
	secret_seen((u8)byte, 1);
	if (!vm.first_byte)
		vm.first_byte = core_counter();
	core_console_putc((char)byte);
	return there;
}

static bool locked_access(u64 pa, unsigned size, bool write, u64 *value)
{
	const struct machine_map *m = &vm.map;

	if (pa - m->gicd < VGIC_GICD_SIZE)
		return vgic_gicd(&vm.vgic, pa - m->gicd, size, write, value);
	if (pa - m->gicr < config.cpus * VGIC_GICR_STRIDE)
		return vgic_gicr(&vm.vgic, pa - m->gicr, size, write, value);
	if (pa - m->uart < UART_SIZE)
		return console(pa - m->uart, size, write, value);
	if (m->its != 0 && pa - m->its < GITS_SIZE)
		return vits_access(&vm.vits, pa - m->its, size, write, value);
	if (m->v2m != 0 && pa - m->v2m < V2M_SIZE)
		return v2m_access(pa - m->v2m, size, write, value);
	if (devices_own(pa))
		return devices_access(pa, size, write, value);
	return false;
}

/* Commands of the control channel take the lock themselves where they need it. */
static bool device_access(struct vcpu *v, u64 pa, unsigned size, bool write, u64 *value)
{
	bool there;

	if (vm.map.coop != 0 && pa - vm.map.coop < COOP_MMIO_SIZE)
		return coop_access(v, pa - vm.map.coop, size, write, value);
	core_lock(&vm.dev_lock);
	there = locked_access(pa, size, write, value);
	core_unlock(&vm.dev_lock);
	return there;
}

void exit_mmio(struct vcpu *v, u64 pa)
{
	const struct rmi_rec_exit *e = &v->run->exit;
	unsigned size = 1u << FIELD(e->esr, 23, 22);
	bool write = e->esr & ESR_WNR, there;
	u64 value = write ? e->gprs[0] : 0;

	count(&vm.count.mmio_exits);
	/* Without a decoded instruction there is nothing to emulate. */
	if (!(e->esr & ESR_ISV)) {
		exit_sea(v);
		return;
	}
	if (write)
		secret_seen(value, size);
	there = device_access(v, pa, size, write, &value);
	if (!there) {
		exit_sea(v);
		return;
	}
	if (!write)
		v->run->enter.gprs[0] = value;
	v->run->enter.flags |= RMI_ENTER_EMUL_MMIO;
	/* A write to the distributor, to the ITS or the frame of messages, or to a device with an
	 * interrupt, may have made one deliverable elsewhere. */
	if (write && pa - vm.map.uart >= UART_SIZE && !pci_owns(pa))
		vm_kick(~0u);
}

void exit_sync(struct vcpu *v)
{
	switch (ESR_EC(v->run->exit.esr)) {
	case EC_DATA_ABORT:
	case EC_INST_ABORT:
		vm_abort(v);
		break;
	case EC_SYSREG:
		sysreg(v);
		break;
	case EC_WFX:
		count(&vm.count.wfi_exits);
		v->stuck_count = 0;
		/* With a time-out (WFIT) it ends by itself; it may always end early. */
		if (!(v->run->exit.esr & WFX_TIMEOUT))
			vcpu_wait(v);
		break;
	default:
		/* For instance a hardware error the model has already told the guest about. */
		if (!vm_exit_sync(v))
			vcpu_no_progress(v, ~0ULL);
	}
}
