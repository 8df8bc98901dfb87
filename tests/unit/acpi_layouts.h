/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables as ACPI 6.5 chapter 5, the PCI firmware specification (MCFG) and Microsoft's SPCR document
 * lay them out, written down a second time, for tests. */
#ifndef ACPI_LAYOUTS_H
#define ACPI_LAYOUTS_H

#include "types.h"

#define PACKED __attribute__((packed))

struct PACKED rsdp_layout {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt, length;
	u64 xsdt;
	u8 extended_checksum, reserved[3];
};

struct PACKED header_layout {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], table[8];
	u32 oem_revision;
	char creator[4];
	u32 creator_revision;
};

struct PACKED gas_layout {
	u8 space, width, offset, access;
	u64 address;
};

struct PACKED fadt_layout {
	struct header_layout header;
	u32 firmware_ctrl, dsdt;
	u8 reserved0, preferred_pm_profile;
	u16 sci_int;
	u32 smi_cmd;
	u8 acpi_enable, acpi_disable, s4bios_req, pstate_cnt;
	u32 pm1a_evt_blk, pm1b_evt_blk, pm1a_cnt_blk, pm1b_cnt_blk, pm2_cnt_blk, pm_tmr_blk;
	u32 gpe0_blk, gpe1_blk;
	u8 pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len, gpe0_blk_len, gpe1_blk_len;
	u8 gpe1_base, cst_cnt;
	u16 p_lvl2_lat, p_lvl3_lat, flush_size, flush_stride;
	u8 duty_offset, duty_width, day_alrm, mon_alrm, century;
	u16 iapc_boot_arch;
	u8 reserved1;
	u32 flags;
	struct gas_layout reset_reg;
	u8 reset_value;
	u16 arm_boot_arch;
	u8 minor_version;
	u64 x_firmware_ctrl, x_dsdt;
	struct gas_layout x_pm1a_evt, x_pm1b_evt, x_pm1a_cnt, x_pm1b_cnt, x_pm2_cnt, x_pm_tmr;
	struct gas_layout x_gpe0, x_gpe1, sleep_control, sleep_status;
	u64 hypervisor;
};

struct PACKED madt_layout {
	struct header_layout header;
	u32 lapic, flags;
	u8 entries[];
};

struct PACKED lapic_layout {
	u8 type, length, uid, id;
	u32 flags;
};

struct PACKED x2apic_layout {
	u8 type, length;
	u16 reserved;
	u32 id, flags, uid;
};

struct PACKED ioapic_layout {
	u8 type, length, id, reserved;
	u32 address, gsi_base;
};

struct PACKED override_layout {
	u8 type, length, bus, source;
	u32 gsi;
	u16 flags;
};

struct PACKED wakeup_layout {
	u8 type, length;
	u16 version;
	u32 reserved;
	u64 mailbox;
};

struct PACKED mcfg_layout {
	struct header_layout header;
	u64 reserved;
	u64 base;
	u16 segment;
	u8 first_bus, last_bus;
	u32 reserved1;
};

struct PACKED spcr_layout {
	struct header_layout header;
	u8 interface, reserved[3];
	struct gas_layout base;
	u8 interrupt_type, irq;
	u32 gsi;
	u8 baud, parity, stop_bits, flow_control, terminal, language;
	u16 pci_device, pci_vendor;
	u8 pci_bus, pci_slot, pci_function;
	u32 pci_flags;
	u8 pci_segment;
	u32 reserved1;
};

struct PACKED ccel_layout {
	struct header_layout header;
	u8 type, subtype;
	u16 reserved;
	u64 log_bytes, log;
};

#endif
