/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of VIRTIO 1.2 (OASIS), shared by guest and reference hosts. Section numbers are its. */
#ifndef ABI_VIRTIO_H
#define ABI_VIRTIO_H

/* 5: device ids */
#define VIRTIO_ID_NET     1
#define VIRTIO_ID_BLOCK   2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_ENTROPY 4
#define VIRTIO_ID_VSOCK   19

/* 2.1: device status */
#define VIRTIO_ACKNOWLEDGE 0x01u
#define VIRTIO_DRIVER      0x02u
#define VIRTIO_DRIVER_OK   0x04u
#define VIRTIO_FEATURES_OK 0x08u
#define VIRTIO_NEEDS_RESET 0x40u
#define VIRTIO_FAILED      0x80u

/* 6: features of every device */
#define VIRTIO_F_INDIRECT_DESC   28
#define VIRTIO_F_EVENT_IDX       29
#define VIRTIO_F_VERSION_1       32
#define VIRTIO_F_ACCESS_PLATFORM 33
#define VIRTIO_F_RING_PACKED     34
#define VIRTIO_F_RING_RESET      40

/* 2.7: split virtqueue. descriptor: le64 addr, le32 len, le16 flags, le16 next */
#define VIRTQ_DESC_SIZE       16
#define VIRTQ_DESC_F_NEXT     0x1u
#define VIRTQ_DESC_F_WRITE    0x2u
#define VIRTQ_DESC_F_INDIRECT 0x4u
#define VIRTQ_DESC_ALIGN      16
/* available ring: le16 flags, le16 idx, le16 ring[size], le16 used_event */
#define VIRTQ_AVAIL_F_NO_INTERRUPT 0x1u
#define VIRTQ_AVAIL_ALIGN          2
/* used ring: le16 flags, le16 idx, { le32 id, le32 len } ring[size], le16 avail_event */
#define VIRTQ_USED_F_NO_NOTIFY 0x1u
#define VIRTQ_USED_ALIGN       4
#define VIRTQ_USED_ELEM_SIZE   8
#define VIRTQ_SIZE_MAX         32768

/* 4.1: PCI */
#define VIRTIO_PCI_VENDOR        0x1af4
#define VIRTIO_PCI_DEVICE_BASE   0x1040 /* + device id: modern only */
#define VIRTIO_PCI_DEVICE_LEGACY 0x1000 /* .. 0x103f: transitional, not driven */
#define VIRTIO_PCI_CAP_COMMON    1
#define VIRTIO_PCI_CAP_NOTIFY    2
#define VIRTIO_PCI_CAP_ISR       3
#define VIRTIO_PCI_CAP_DEVICE    4
#define VIRTIO_PCI_CAP_PCI       5
/* capability: u8 id 0x09, next, len, cfg_type, bar, id, padding[2], le32 offset, le32 length */
#define VIRTIO_PCI_CAP_SIZE        16
#define VIRTIO_PCI_CAP_NOTIFY_SIZE 20 /* + le32 notify_off_multiplier */
/* 4.1.4.3: common configuration */
#define VIRTIO_PCI_DFSELECT         0x00 /* le32 device_feature_select */
#define VIRTIO_PCI_DF               0x04 /* le32 device_feature */
#define VIRTIO_PCI_GFSELECT         0x08 /* le32 driver_feature_select */
#define VIRTIO_PCI_GF               0x0c /* le32 driver_feature */
#define VIRTIO_PCI_CONFIG_VECTOR    0x10 /* le16 */
#define VIRTIO_PCI_NUM_QUEUES       0x12 /* le16 */
#define VIRTIO_PCI_STATUS           0x14 /* u8 */
#define VIRTIO_PCI_GENERATION       0x15 /* u8 */
#define VIRTIO_PCI_QUEUE_SELECT     0x16 /* le16 */
#define VIRTIO_PCI_QUEUE_SIZE       0x18 /* le16 */
#define VIRTIO_PCI_QUEUE_VECTOR     0x1a /* le16 */
#define VIRTIO_PCI_QUEUE_ENABLE     0x1c /* le16 */
#define VIRTIO_PCI_QUEUE_NOTIFY_OFF 0x1e /* le16 */
#define VIRTIO_PCI_QUEUE_DESC       0x20 /* le64, by two le32 */
#define VIRTIO_PCI_QUEUE_DRIVER     0x28
#define VIRTIO_PCI_QUEUE_DEVICE     0x30
#define VIRTIO_PCI_COMMON_SIZE      0x38
#define VIRTIO_MSI_NO_VECTOR        0xffffu
#define VIRTIO_ISR_QUEUE            0x1u
#define VIRTIO_ISR_CONFIG           0x2u

/* 4.2: MMIO, version 2; all 32 bits */
#define VIRTIO_MMIO_MAGIC          0x000
#define VIRTIO_MMIO_MAGIC_VALUE    0x74726976u
#define VIRTIO_MMIO_VERSION        0x004
#define VIRTIO_MMIO_DEVICE_ID      0x008 /* 0: nothing there */
#define VIRTIO_MMIO_VENDOR_ID      0x00c
#define VIRTIO_MMIO_DF             0x010
#define VIRTIO_MMIO_DFSELECT       0x014
#define VIRTIO_MMIO_GF             0x020
#define VIRTIO_MMIO_GFSELECT       0x024
#define VIRTIO_MMIO_QUEUE_SELECT   0x030
#define VIRTIO_MMIO_QUEUE_SIZE_MAX 0x034
#define VIRTIO_MMIO_QUEUE_SIZE     0x038
#define VIRTIO_MMIO_QUEUE_READY    0x044
#define VIRTIO_MMIO_QUEUE_NOTIFY   0x050
#define VIRTIO_MMIO_INTERRUPT      0x060 /* status */
#define VIRTIO_MMIO_INTERRUPT_ACK  0x064
#define VIRTIO_MMIO_STATUS         0x070
#define VIRTIO_MMIO_QUEUE_DESC     0x080 /* low, high */
#define VIRTIO_MMIO_QUEUE_DRIVER   0x090
#define VIRTIO_MMIO_QUEUE_DEVICE   0x0a0
#define VIRTIO_MMIO_GENERATION     0x0fc
#define VIRTIO_MMIO_CONFIG         0x100
#define VIRTIO_MMIO_SIZE           0x200

/* 5.1: network */
#define VIRTIO_NET_F_MAC       5
#define VIRTIO_NET_F_MRG_RXBUF 15
#define VIRTIO_NET_F_STATUS    16
#define VIRTIO_NET_HDR_SIZE    12 /* with VERSION_1: num_buffers is always there */
#define VIRTIO_NET_RX          0
#define VIRTIO_NET_TX          1
#define VIRTIO_NET_CONFIG_MAC  0 /* 6 bytes */

/* 5.2: block. request: le32 type, le32 reserved, le64 sector; data; u8 status */
#define VIRTIO_BLK_F_RO            5
#define VIRTIO_BLK_F_FLUSH         9
#define VIRTIO_BLK_T_IN            0
#define VIRTIO_BLK_T_OUT           1
#define VIRTIO_BLK_T_FLUSH         4
#define VIRTIO_BLK_S_OK            0
#define VIRTIO_BLK_S_IOERR         1
#define VIRTIO_BLK_S_UNSUPP        2
#define VIRTIO_BLK_SECTOR          512
#define VIRTIO_BLK_CONFIG_CAPACITY 0 /* le64 sectors */

/* 5.3: console */
#define VIRTIO_CONSOLE_F_SIZE           0
#define VIRTIO_CONSOLE_F_MULTIPORT      1
#define VIRTIO_CONSOLE_CONFIG_MAX_PORTS 4 /* le32 */
#define VIRTIO_CONSOLE_RX0              0
#define VIRTIO_CONSOLE_TX0              1
#define VIRTIO_CONSOLE_CONTROL_RX       2
#define VIRTIO_CONSOLE_CONTROL_TX       3 /* port n > 0: rx 2n + 2, tx 2n + 3 */
/* control message: le32 id, le16 event, le16 value, then a name */
#define VIRTIO_CONSOLE_DEVICE_READY 0
#define VIRTIO_CONSOLE_PORT_ADD     1
#define VIRTIO_CONSOLE_PORT_REMOVE  2
#define VIRTIO_CONSOLE_PORT_READY   3
#define VIRTIO_CONSOLE_CONSOLE_PORT 4
#define VIRTIO_CONSOLE_RESIZE       5
#define VIRTIO_CONSOLE_PORT_OPEN    6
#define VIRTIO_CONSOLE_PORT_NAME    7

/* 5.10: vsock. header: le64 src_cid, dst_cid; le32 src_port, dst_port, len; le16 type, op; le32
 * flags, buf_alloc, fwd_cnt */
#define VIRTIO_VSOCK_RX                0
#define VIRTIO_VSOCK_TX                1
#define VIRTIO_VSOCK_EVENT             2
#define VIRTIO_VSOCK_CONFIG_CID        0 /* le64 */
#define VIRTIO_VSOCK_HDR_SIZE          44
#define VIRTIO_VSOCK_TYPE_STREAM       1
#define VIRTIO_VSOCK_OP_REQUEST        1
#define VIRTIO_VSOCK_OP_RESPONSE       2
#define VIRTIO_VSOCK_OP_RST            3
#define VIRTIO_VSOCK_OP_SHUTDOWN       4
#define VIRTIO_VSOCK_OP_RW             5
#define VIRTIO_VSOCK_OP_CREDIT_UPDATE  6
#define VIRTIO_VSOCK_OP_CREDIT_REQUEST 7
#define VIRTIO_VSOCK_SHUTDOWN_RCV      1u
#define VIRTIO_VSOCK_SHUTDOWN_SEND     2u
#define VIRTIO_VSOCK_CID_HOST          2

#endif
