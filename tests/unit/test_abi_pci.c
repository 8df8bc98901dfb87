/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of include/abi/pci.h against Linux's own header.
 * sources:
 * libs:
 */
#include "abi/pci.h"
#include "linux_numbers.h"

static void header(void **state)
{
	(void)state;
	SAME("pci_regs.h", { PCI_CONFIG_SIZE, "PCI_CFG_SPACE_SIZE" },
	     { PCI_VENDOR_ID, "PCI_VENDOR_ID" }, { PCI_DEVICE_ID, "PCI_DEVICE_ID" },
	     { PCI_COMMAND, "PCI_COMMAND" }, { PCI_STATUS, "PCI_STATUS" },
	     { PCI_REVISION, "PCI_CLASS_REVISION" }, { PCI_HEADER_TYPE, "PCI_HEADER_TYPE" },
	     { PCI_BAR0, "PCI_BASE_ADDRESS_0" }, { PCI_BAR_END, "PCI_CARDBUS_CIS" },
	     { PCI_BARS, "PCI_STD_NUM_BARS" }, { PCI_SUBSYSTEM, "PCI_SUBSYSTEM_VENDOR_ID" },
	     { PCI_SUBSYSTEM + 2, "PCI_SUBSYSTEM_ID" }, { PCI_ROM, "PCI_ROM_ADDRESS" },
	     { PCI_CAPABILITIES, "PCI_CAPABILITY_LIST" },
	     { PCI_INTERRUPT_LINE, "PCI_INTERRUPT_LINE" },
	     { PCI_INTERRUPT_PIN, "PCI_INTERRUPT_PIN" },
	     { PCI_HEADER_SIZE, "PCI_STD_HEADER_SIZEOF" },
	     { PCI_SECONDARY_BUS, "PCI_SECONDARY_BUS" },
	     { PCI_HEADER_LAYOUT, "PCI_HEADER_TYPE_MASK" },
	     { PCI_LAYOUT_BRIDGE, "PCI_HEADER_TYPE_BRIDGE" });
	assert_int_equal(PCI_BAR0 + 4 * PCI_BARS, PCI_BAR_END);
	/* Linux has no name for the other bit of the type. */
	assert_int_equal(PCI_HEADER_LAYOUT | PCI_HEADER_MULTI, 0xff);
	assert_int_equal(PCI_HEADER_LAYOUT & PCI_HEADER_MULTI, 0);
}

static void registers(void **state)
{
	(void)state;
	SAME("pci_regs.h", { PCI_COMMAND_IO, "PCI_COMMAND_IO" },
	     { PCI_COMMAND_MEMORY, "PCI_COMMAND_MEMORY" },
	     { PCI_COMMAND_MASTER, "PCI_COMMAND_MASTER" },
	     { PCI_COMMAND_PARITY, "PCI_COMMAND_PARITY" }, { PCI_COMMAND_SERR, "PCI_COMMAND_SERR" },
	     { PCI_COMMAND_NO_INTX, "PCI_COMMAND_INTX_DISABLE" },
	     { PCI_STATUS_INTERRUPT, "PCI_STATUS_INTERRUPT" },
	     { PCI_STATUS_CAPS, "PCI_STATUS_CAP_LIST" },
	     { PCI_BAR_IO, "PCI_BASE_ADDRESS_SPACE_IO" },
	     { PCI_BAR_TYPE, "PCI_BASE_ADDRESS_MEM_TYPE_MASK" },
	     { PCI_BAR_TYPE_32, "PCI_BASE_ADDRESS_MEM_TYPE_32" },
	     { PCI_BAR_TYPE_64, "PCI_BASE_ADDRESS_MEM_TYPE_64" },
	     { PCI_BAR_ATTRIBUTES - PCI_BAR_IO - PCI_BAR_TYPE, "PCI_BASE_ADDRESS_MEM_PREFETCH" });
}

static void capabilities(void **state)
{
	(void)state;
	SAME("pci_regs.h", { PCI_CAP_MSI, "PCI_CAP_ID_MSI" }, { PCI_CAP_VENDOR, "PCI_CAP_ID_VNDR" },
	     { PCI_CAP_MSIX, "PCI_CAP_ID_MSIX" }, { PCI_MSIX_CAP_SIZE, "PCI_CAP_MSIX_SIZEOF" },
	     { PCI_MSIX_CONTROL, "PCI_MSIX_FLAGS" }, { PCI_MSIX_COUNT, "PCI_MSIX_FLAGS_QSIZE" },
	     { PCI_MSIX_MASK_ALL, "PCI_MSIX_FLAGS_MASKALL" },
	     { PCI_MSIX_ENABLE, "PCI_MSIX_FLAGS_ENABLE" }, { PCI_MSIX_TABLE, "PCI_MSIX_TABLE" },
	     { PCI_MSIX_PBA, "PCI_MSIX_PBA" }, { PCI_MSIX_BIR, "PCI_MSIX_TABLE_BIR" },
	     { PCI_MSIX_BIR, "PCI_MSIX_PBA_BIR" }, { PCI_MSIX_ENTRY_SIZE, "PCI_MSIX_ENTRY_SIZE" },
	     { PCI_MSIX_ENTRY_LOW, "PCI_MSIX_ENTRY_LOWER_ADDR" },
	     { PCI_MSIX_ENTRY_HIGH, "PCI_MSIX_ENTRY_UPPER_ADDR" },
	     { PCI_MSIX_ENTRY_DATA, "PCI_MSIX_ENTRY_DATA" },
	     { PCI_MSIX_ENTRY_CONTROL, "PCI_MSIX_ENTRY_VECTOR_CTRL" },
	     { PCI_MSIX_ENTRY_MASKED, "PCI_MSIX_ENTRY_CTRL_MASKBIT" });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header),
		cmocka_unit_test(registers),
		cmocka_unit_test(capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
