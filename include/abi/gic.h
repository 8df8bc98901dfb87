/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of the GICv3's message-signalled half: ITS, LPIs, and the GICv2m frame (Arm IHI 0069,
 * chapters 5 and 12; BSA for GICv2m). The guest's driver and the host's model share these and
 * nothing else.
 */
#ifndef ABI_GIC_H
#define ABI_GIC_H

#include "types.h"

/* ---- distributor (12.9), redistributor (12.11), and what all frames have ---- */
#define GICD_CTLR               0x0000u
#define GICD_CTLR_RWP           BIT(31)
#define GICD_TYPER              0x0004u
#define GICD_TYPER_LINES(v)     ((unsigned)FIELD(v, 4, 0)) /* SPIs end at 32 * (lines + 1) */
#define GICD_TYPER_LPIS         BIT(17)
#define GICD_TYPER_ID_BITS(v)   ((unsigned)FIELD(v, 23, 19) + 1)
#define GICR_CTLR               0x0000u
#define GICR_CTLR_ENABLE_LPIS   BIT(0)
#define GICR_CTLR_CES           BIT(1)
#define GICR_CTLR_RWP           BIT(3)
#define GICR_TYPER              0x0008u
#define GICR_TYPER_PLPIS        BIT(0)
#define GICR_TYPER_PROCESSOR(v) ((u16)FIELD(v, 23, 8))
#define GIC_PIDR2               0xffe8u
#define GIC_PIDR2_REV(v)        ((unsigned)FIELD(v, 7, 4)) /* 3, 4: GICv3, GICv4 */
#define GIC_SPI_FIRST           32u
#define GIC_SPI_END             1020u /* first INTID behind the SPIs */

/* ---- control frame of an ITS (12.19), translation frame behind it ---- */
#define GITS_SIZE                 0x20000u
#define GITS_CTLR                 0x0000u
#define GITS_CTLR_ENABLED         BIT(0)
#define GITS_CTLR_QUIESCENT       BIT(31)
#define GITS_IIDR                 0x0004u
#define GITS_TYPER                0x0008u
#define GITS_TYPER_PHYSICAL       BIT(0)
#define GITS_TYPER_ITT_ENTRY(v)   ((unsigned)FIELD(v, 7, 4) + 1) /* bytes */
#define GITS_TYPER_EVENT_BITS(v)  ((unsigned)FIELD(v, 12, 8) + 1)
#define GITS_TYPER_DEVICE_BITS(v) ((unsigned)FIELD(v, 17, 13) + 1)
#define GITS_TYPER_PTA            BIT(19) /* RDbase is an address, not a processor number */
#define GITS_TYPER_HCC(v)         ((unsigned)FIELD(v, 31, 24)) /* collections held by the ITS */
#define GITS_TYPER_CIL            BIT(36)                      /* CIDbits counts; else 16 */
#define GITS_TYPER_COLLECTION_BITS(v)                                                              \
	(((v)&GITS_TYPER_CIL) != 0 ? (unsigned)FIELD(v, 35, 32) + 1 : 16u)
#define GITS_CBASER                0x0080u
#define GITS_CBASER_VALID          BIT(63)
#define GITS_CBASER_ADDRESS        MASK(51, 12)
#define GITS_CBASER_PAGES(v)       ((unsigned)FIELD(v, 7, 0) + 1) /* of 4 KiB */
#define GITS_CWRITER               0x0088u
#define GITS_CWRITER_RETRY         BIT(0)
#define GITS_CREADR                0x0090u
#define GITS_CREADR_STALLED        BIT(0)
#define GITS_OFFSET                MASK(19, 5) /* CWRITER, CREADR: bytes */
#define GITS_BASER(n)              (0x0100u + 8u * (n))
#define GITS_BASERS                8u
#define GITS_BASER_VALID           BIT(63)
#define GITS_BASER_INDIRECT        BIT(62)
#define GITS_BASER_TYPE(v)         ((unsigned)FIELD(v, 58, 56))
#define GITS_BASER_TYPE_SHIFT      56u
#define GITS_BASER_TYPE_NONE       0u
#define GITS_BASER_TYPE_DEVICE     1u
#define GITS_BASER_TYPE_COLLECTION 4u
#define GITS_BASER_ENTRY(v)        ((unsigned)FIELD(v, 52, 48) + 1) /* bytes */
#define GITS_BASER_ENTRY_SHIFT     48u
#define GITS_BASER_ADDRESS         MASK(47, 12)
#define GITS_BASER_PAGE_SHIFT      8u /* 0: 4 KiB, 1: 16 KiB, 2: 64 KiB */
#define GITS_BASER_PAGE(v)         ((unsigned)FIELD(v, 9, 8))
#define GITS_BASER_PAGES(v)        ((unsigned)FIELD(v, 7, 0) + 1)
#define GITS_L1_VALID              BIT(63) /* entry of a level-1 table */
#define GITS_L1_ADDRESS            MASK(51, 12)
#define GITS_TRANSLATER            0x10040u

/* Cacheability and shareability, at the same places in CBASER, BASER, PROPBASER, PENDBASER but for
 * the inner field of the first two. */
#define GIC_SHARE_MASK   MASK(11, 10)
#define GIC_SHARE_INNER  BIT(10)
#define GITS_INNER_MASK  MASK(61, 59)
#define GITS_INNER_SHIFT 59u
#define GICR_INNER_MASK  MASK(9, 7)
#define GICR_INNER_SHIFT 7u
#define GIC_CACHE_NONE   1u /* non-cacheable */
#define GIC_CACHE_WB     7u /* read- and write-allocate, write-back */

/* ---- commands (5.3): 32 bytes, four little-endian words ---- */
#define ITS_COMMAND_BYTES 32u
#define ITS_CMD_MOVI      0x01u
#define ITS_CMD_INT       0x03u
#define ITS_CMD_CLEAR     0x04u
#define ITS_CMD_SYNC      0x05u
#define ITS_CMD_MAPD      0x08u
#define ITS_CMD_MAPC      0x09u
#define ITS_CMD_MAPTI     0x0au
#define ITS_CMD_MAPI      0x0bu
#define ITS_CMD_INV       0x0cu
#define ITS_CMD_INVALL    0x0du
#define ITS_CMD_MOVALL    0x0eu
#define ITS_CMD_DISCARD   0x0fu
#define ITS_CMD_VALID     BIT(63)     /* MAPD, MAPC: word 2 */
#define ITS_CMD_ITT       MASK(51, 8) /* in place */
#define ITS_CMD_RDBASE    MASK(51, 16)
#define ITS_ITT_ALIGN     256u

/* ---- LPIs: redistributor (12.11) and tables (5.1) ---- */
#define GIC_LPI_FIRST          8192u
#define GICR_PROPBASER         0x0070u
#define GICR_PROPBASER_ID_BITS MASK(4, 0) /* minus 1 */
#define GICR_PROPBASER_ADDRESS MASK(51, 12)
#define GICR_PENDBASER         0x0078u
#define GICR_PENDBASER_ADDRESS MASK(51, 16)
#define GICR_PENDBASER_PTZ     BIT(62)
#define LPI_CONFIG_ENABLED     BIT(0)
#define LPI_CONFIG_RES1        BIT(1)
#define LPI_CONFIG_PRIORITY    0xfcu
#define LPI_PENDING_FIRST      1024u /* bytes at the start of a pending table that belong to nobody */

/* ---- GICv2m frame ---- */
#define V2M_SIZE           0x1000u
#define V2M_TYPER          0x0008u
#define V2M_TYPER_BASE(v)  ((u32)FIELD(v, 25, 16)) /* INTID */
#define V2M_TYPER_COUNT(v) ((u32)FIELD(v, 9, 0))
#define V2M_SETSPI         0x0040u
#define V2M_IIDR           0x0fccu

/*
 * ---- tables as a host leaves them in guest memory: KVM's ITS table ABI, revision 0
 * (Documentation/virt/kvm/devices/arm-vgic-its.rst). Entries of 8 bytes, little endian. `next` is
 * the distance to the next valid entry, 0: none. ----
 */
#define KVM_DTE_VALID        BIT(63)
#define KVM_DTE_NEXT         MASK(62, 49)
#define KVM_DTE_NEXT_SHIFT   49u
#define KVM_DTE_NEXT_MAX     0x3fffu
#define KVM_DTE_ITT          MASK(48, 5) /* ITT address, bits 51:8 */
#define KVM_DTE_ITT_SHIFT    5u
#define KVM_DTE_BITS         MASK(4, 0) /* EventID bits - 1 */
#define KVM_CTE_VALID        BIT(63)
#define KVM_CTE_RDBASE       MASK(51, 16) /* processor number */
#define KVM_CTE_RDBASE_SHIFT 16u
#define KVM_CTE_ICID         MASK(15, 0)
#define KVM_ITE_NEXT         MASK(63, 48)
#define KVM_ITE_NEXT_SHIFT   48u
#define KVM_ITE_NEXT_MAX     0xffffu
#define KVM_ITE_PINTID       MASK(47, 16) /* 0: not valid */
#define KVM_ITE_PINTID_SHIFT 16u
#define KVM_ITE_ICID         MASK(15, 0)
#define KVM_ITS_ENTRY        8u

#endif
