/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of PCI Local Bus 3.0, shared by guest and reference hosts. Section numbers are its. */
#ifndef ABI_PCI_H
#define ABI_PCI_H

#define PCI_CONFIG_SIZE 256u /* 6.1: of a function; PCI Express has more behind it */

/* 6.1: header of type 00h */
#define PCI_VENDOR_ID      0x00u /* le16 */
#define PCI_DEVICE_ID      0x02u /* le16 */
#define PCI_COMMAND        0x04u /* le16 */
#define PCI_STATUS         0x06u /* le16 */
#define PCI_REVISION       0x08u /* u8, then 24 bits of class code */
#define PCI_HEADER_TYPE    0x0eu /* u8 */
#define PCI_BAR0           0x10u /* le32 each */
#define PCI_BAR_END        0x28u
#define PCI_BARS           6u
#define PCI_SUBSYSTEM      0x2cu /* le16 vendor, le16 id */
#define PCI_ROM            0x30u /* le32 */
#define PCI_CAPABILITIES   0x34u /* u8: offset of the first */
#define PCI_INTERRUPT_LINE 0x3cu /* u8 */
#define PCI_INTERRUPT_PIN  0x3du /* u8 */
#define PCI_HEADER_SIZE    0x40u /* capabilities lie behind it */
/* PCI-to-PCI Bridge 1.2, 3.2: header of type 01h */
#define PCI_SECONDARY_BUS 0x19u /* u8 */

#define PCI_VENDOR_NONE   0xffffu /* 6.2.1: no function there */
#define PCI_CLASS_BRIDGE  0x06u   /* D.1: base class */

/* 6.2.1: header type */
#define PCI_HEADER_LAYOUT 0x7fu
#define PCI_LAYOUT_BRIDGE 1u
#define PCI_HEADER_MULTI  0x80u /* a device of several functions */

/* 6.2.2: command */
#define PCI_COMMAND_IO      0x0001u
#define PCI_COMMAND_MEMORY  0x0002u
#define PCI_COMMAND_MASTER  0x0004u
#define PCI_COMMAND_PARITY  0x0040u
#define PCI_COMMAND_SERR    0x0100u
#define PCI_COMMAND_NO_INTX 0x0400u

/* 6.2.3: status */
#define PCI_STATUS_INTERRUPT 0x08u
#define PCI_STATUS_CAPS      0x10u

/* 6.2.5.1: base address */
#define PCI_BAR_IO         0x1u
#define PCI_BAR_TYPE       0x6u /* of a memory BAR */
#define PCI_BAR_TYPE_32    0x0u
#define PCI_BAR_TYPE_64    0x4u
#define PCI_BAR_ATTRIBUTES 0xfu /* of a memory BAR: not part of the address */

/* 6.7, H: capability: u8 id, u8 offset of the next */
#define PCI_CAP_MSI    0x05u
#define PCI_CAP_VENDOR 0x09u
#define PCI_CAP_MSIX   0x11u

/* 6.8.2: MSI-X capability */
#define PCI_MSIX_CAP_SIZE 12u
#define PCI_MSIX_CONTROL  2u      /* le16 */
#define PCI_MSIX_COUNT    0x07ffu /* entries, less one */
#define PCI_MSIX_MASK_ALL 0x4000u
#define PCI_MSIX_ENABLE   0x8000u
#define PCI_MSIX_TABLE    4u /* le32: offset in a BAR, and which */
#define PCI_MSIX_PBA      8u /* le32: likewise */
#define PCI_MSIX_BIR      0x7u
/* its table: le32 each */
#define PCI_MSIX_ENTRY_SIZE    16u
#define PCI_MSIX_ENTRY_LOW     0u
#define PCI_MSIX_ENTRY_HIGH    4u
#define PCI_MSIX_ENTRY_DATA    8u
#define PCI_MSIX_ENTRY_CONTROL 12u
#define PCI_MSIX_ENTRY_MASKED  1u

#endif
