/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device below the host's own word (common/channel.h): COM2, which no guest reaches. The guest
 * has COM1.
 */
#include "local.h"
#include "vmm/vmm.h"

#define COM2          0x2f8u
#define UART_DATA     0
#define UART_IER      1
#define UART_FCR      2
#define UART_LCR      3
#define UART_MCR      4
#define UART_LSR      5
#define LCR_8N1       0x03
#define LCR_DLAB      0x80
#define FCR_ON        0x07
#define MCR_DTR_RTS   0x03
#define LSR_THR_EMPTY 0x20
#define READY_RETRIES 1000000u

#define PM1_CONTROL   0x604u  /* ICH9, where SeaBIOS puts its PM block */
#define PM1_SOFT_OFF  0x2000u /* SLP_EN, SLP_TYP 0 */

void channel_init(void)
{
	outb(COM2 + UART_IER, 0);
	outb(COM2 + UART_LCR, LCR_DLAB);
	outb(COM2 + UART_DATA, 1);
	outb(COM2 + UART_IER, 0);
	outb(COM2 + UART_LCR, LCR_8N1);
	outb(COM2 + UART_FCR, FCR_ON);
	outb(COM2 + UART_MCR, MCR_DTR_RTS);
}

void core_channel_putc(char c)
{
	for (unsigned i = 0; i < READY_RETRIES && (inb(COM2 + UART_LSR) & LSR_THR_EMPTY) == 0; i++)
		core_relax();
	outb(COM2 + UART_DATA, (u8)c);
}

void core_power_off(void)
{
	for (;;) {
		outw(PM1_CONTROL, PM1_SOFT_OFF);
		core_relax();
	}
}

void core_summary(void)
{
	iommu_poll();
	poison_finish();
	vmm_summary();
	if (model.summary != NULL)
		model.summary();
	last_exits_print();
	counters_print();
}
