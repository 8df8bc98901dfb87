/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console device (VIRTIO 1.2, 5.3), with ports where the device has the feature, else as the one
 * port it then is.
 *
 * Control messages are the host's word: length and port are checked, names are cut to printable
 * text before anybody prints them, and however many come, a call looks at a bounded number.
 */
#include "driver.h"

#include "mm.h"

#define CONTROL_BUFFERS 16
#define CONTROL_ROOM    256 /* of one message; names longer than that do not fit a device's reply */
#define CONTROL_HEADER  8
#define CONTROL_PAGES   2   /* what comes, and what goes */
#define MESSAGES        128 /* looked at in one call */
#define RX_BUFFERS      4
#define RX_ROOM         1024
#define PORT_PAGES      2 /* rx, tx */
#define PAGES           (CONTROL_PAGES + PORT_PAGES * VIRTIO_CONSOLE_PORTS)
_Static_assert(CONTROL_BUFFERS *CONTROL_ROOM <= PAGE_SIZE, "one page");
_Static_assert(RX_BUFFERS *RX_ROOM <= PAGE_SIZE, "one page");

/* ---- where buffers lie ---- */

static u8 *control_buffer(const struct virtio_console *c, unsigned slot)
{
	return c->pages + (size_t)slot * CONTROL_ROOM;
}

static u8 *control_out(const struct virtio_console *c)
{
	return c->pages + PAGE_SIZE;
}

static u8 *rx_buffer(const struct virtio_console *c, unsigned port, unsigned slot)
{
	return c->pages + (CONTROL_PAGES + PORT_PAGES * port) * PAGE_SIZE + (size_t)slot * RX_ROOM;
}

static u8 *tx_buffer(const struct virtio_console *c, unsigned port)
{
	return rx_buffer(c, port, 0) + PAGE_SIZE;
}

/* Queues of a port (5.3.2): those of port 0 come before the control queues. */
static u16 rx_queue(unsigned port)
{
	return (u16)(port == 0 ? VIRTIO_CONSOLE_RX0 : 2 * port + 2);
}

/* ---- control messages ---- */

static enum status say(struct virtio_console *c, u32 port, u16 event, u16 value)
{
	u8 *m = control_out(c);

	le_put(m, port, 4);
	le_put(m + 4, event, 2);
	le_put(m + 6, value, 2);
	return virtio_hand_over(c->d, c->control_tx, m, CONTROL_HEADER);
}

static enum status post_rx(struct virtio_console *c, unsigned port)
{
	struct virtio_console_port *p = &c->port[port];
	enum status st = ST_OK;

	for (unsigned slot = 0; st == ST_OK && slot < MIN(p->rx->size, RX_BUFFERS); slot++)
		st = virtio_post(c->d, p->rx, rx_buffer(c, port, slot), RX_ROOM, slot);
	p->posted = st == ST_OK;
	return st;
}

/* Ready with its buffers, and open on our side: only then does the host pass data on. */
static enum status add_port(struct virtio_console *c, unsigned port)
{
	struct virtio_console_port *p = &c->port[port];
	enum status st;

	if (p->present)
		return ST_OK; /* said twice */
	p->present = true;
	if (!p->posted) {
		st = post_rx(c, port);
		if (st != ST_OK)
			return st;
		virtio_kick(c->d, p->rx);
	}
	st = say(c, port, VIRTIO_CONSOLE_PORT_READY, 1);
	return st != ST_OK ? st : say(c, port, VIRTIO_CONSOLE_PORT_OPEN, 1);
}

static void set_name(struct virtio_console_port *p, const u8 *name, size_t len)
{
	size_t n = 0;

	for (; n < len && n < sizeof(p->name) - 1 && name[n] != 0; n++)
		p->name[n] = name[n] >= ' ' && name[n] <= '~' ? (char)name[n] : '?';
	p->name[n] = '\0';
}

/* A message of len bytes in private memory. */
static enum status handle(struct virtio_console *c, const u8 *m, size_t len)
{
	u16 event = le16(m + 4), value = le16(m + 6);
	u32 id = le32(m);
	struct virtio_console_port *p;

	if (id >= c->max_ports)
		return virtio_broken(c->d, ST_PROTOCOL, "console: port %u of %u", id, c->max_ports);
	if (id >= VIRTIO_CONSOLE_PORTS) /* one more than we have room for: said so (5.3.6.2) */
		return event == VIRTIO_CONSOLE_PORT_ADD ? say(c, id, VIRTIO_CONSOLE_PORT_READY, 0)
							: ST_OK;
	p = &c->port[id];
	if (event == VIRTIO_CONSOLE_PORT_ADD)
		return add_port(c, id);
	if (!p->present)
		return virtio_broken(c->d, ST_PROTOCOL, "console: event %u of port %u, not added",
				     event, id);
	switch (event) {
	case VIRTIO_CONSOLE_PORT_REMOVE:
		p->present = p->open = p->is_console = false;
		p->name[0] = '\0';
		break;
	case VIRTIO_CONSOLE_CONSOLE_PORT:
		p->is_console = true;
		break;
	case VIRTIO_CONSOLE_PORT_OPEN:
		p->open = value != 0;
		break;
	case VIRTIO_CONSOLE_PORT_NAME:
		set_name(p, m + CONTROL_HEADER, len - CONTROL_HEADER);
		break;
	default: /* a size, or what a later version may say: nothing we need */
		break;
	}
	return ST_OK;
}

/* One finished control buffer: copied, given back, then handled. */
static enum status take_message(struct virtio_console *c, unsigned slot, u32 len)
{
	u8 m[CONTROL_ROOM];
	enum status st;

	if (len < CONTROL_HEADER)
		return virtio_broken(c->d, ST_PROTOCOL, "console: a message of %u bytes", len);
	bounce_in(m, control_buffer(c, slot), len);
	st = virtio_post(c->d, c->control_rx, control_buffer(c, slot), CONTROL_ROOM, slot);
	if (st != ST_OK)
		return st;
	virtio_kick(c->d, c->control_rx);
	return handle(c, m, len);
}

/* Messages that are there already; none is waited for. */
static enum status catch_up(struct virtio_console *c)
{
	enum status st = c->multiport ? ST_OK : c->d->broken;

	for (unsigned i = 0; c->multiport && st == ST_OK && i < MESSAGES; i++) {
		unsigned slot;
		u32 len;

		st = virtio_peek(c->d, c->control_rx, &slot, &len);
		if (st == ST_NOT_FOUND)
			return ST_OK;
		if (st == ST_OK)
			st = take_message(c, slot, len);
	}
	return st;
}

static int find_open(const struct virtio_console *c, const char *name)
{
	for (int i = 0; i < VIRTIO_CONSOLE_PORTS; i++)
		if (c->port[i].present && c->port[i].open && strcmp(c->port[i].name, name) == 0)
			return i;
	return -1;
}

int virtio_console_find(struct virtio_console *c, const char *name, u64 ns)
{
	int found = catch_up(c) == ST_OK ? find_open(c, name) : -1;

	for (unsigned i = 0; c->multiport && found < 0 && i < MESSAGES; i++) {
		unsigned slot;
		u32 len;

		if (virtio_finish(c->d, c->control_rx, ns, &slot, &len) != ST_OK ||
		    take_message(c, slot, len) != ST_OK)
			return -1;
		found = find_open(c, name);
	}
	return found;
}

/* ---- data ---- */

enum status virtio_console_write(struct virtio_console *c, unsigned port, const void *data,
				 size_t len)
{
	for (size_t done = 0; done < len;) {
		size_t n = MIN(len - done, PAGE_SIZE);
		enum status st = catch_up(c); /* it may have been closed meanwhile */

		if (st != ST_OK)
			return st;
		if (port >= VIRTIO_CONSOLE_PORTS || !c->port[port].present || !c->port[port].open)
			return ST_STATE;
		memcpy(tx_buffer(c, port), (const u8 *)data + done, n);
		st = virtio_hand_over(c->d, c->port[port].tx, tx_buffer(c, port), (u32)n);
		if (st != ST_OK)
			return st;
		done += n;
	}
	return ST_OK;
}

/* The next of the current buffer's bytes; each is read once, and the buffer goes back when all
 * are. */
static enum status drain(struct virtio_console *c, unsigned port, void *data, size_t *len)
{
	struct virtio_console_port *p = &c->port[port];
	u8 *buffer = rx_buffer(c, port, p->slot);
	size_t n = MIN(*len, p->left);
	enum status st;

	bounce_in(data, buffer + p->at, n);
	*len = n;
	p->at += (u32)n;
	p->left -= (u32)n;
	if (p->left != 0)
		return ST_OK;
	st = virtio_post(c->d, p->rx, buffer, RX_ROOM, p->slot);
	if (st == ST_OK)
		virtio_kick(c->d, p->rx);
	return st;
}

enum status virtio_console_read(struct virtio_console *c, unsigned port, void *data, size_t *len,
				u64 ns)
{
	enum status st = catch_up(c);
	struct virtio_console_port *p;
	u32 got;

	if (st != ST_OK)
		return st;
	if (port >= VIRTIO_CONSOLE_PORTS || !c->port[port].posted)
		return ST_STATE;
	if (*len == 0)
		return ST_INVALID;
	p = &c->port[port];
	if (p->left == 0) {
		st = virtio_finish(c->d, p->rx, ns, &p->slot, &got);
		if (st != ST_OK)
			return st;
		if (got == 0)
			return virtio_broken(c->d, ST_PROTOCOL, "console: an empty buffer");
		p->at = 0;
		p->left = got;
	}
	return drain(c, port, data, len);
}

/* ---- opening ---- */

static enum status open_queues(struct virtio_console *c, unsigned ports)
{
	if (c->multiport) {
		c->control_rx = virtio_queue(c->d, VIRTIO_CONSOLE_CONTROL_RX, CONTROL_BUFFERS);
		c->control_tx = virtio_queue(c->d, VIRTIO_CONSOLE_CONTROL_TX, 1);
		if (c->control_rx == NULL || c->control_tx == NULL)
			return c->d->broken;
	}
	for (unsigned i = 0; i < ports; i++) {
		c->port[i].rx = virtio_queue(c->d, rx_queue(i), RX_BUFFERS);
		c->port[i].tx = virtio_queue(c->d, rx_queue(i) + 1, 1);
		if (c->port[i].rx == NULL || c->port[i].tx == NULL)
			return c->d->broken;
	}
	c->pages = pool_alloc(PAGES, PAGE_SIZE);
	return c->pages == NULL ? ST_NO_MEMORY : ST_OK;
}

/* With ports: from here on the host tells of them. */
static enum status start_ports(struct virtio_console *c)
{
	enum status st = ST_OK;

	for (unsigned i = 0; st == ST_OK && i < MIN(c->control_rx->size, CONTROL_BUFFERS); i++)
		st = virtio_post(c->d, c->control_rx, control_buffer(c, i), CONTROL_ROOM, i);
	if (st == ST_OK)
		st = virtio_ready(c->d);
	if (st != ST_OK)
		return st;
	virtio_kick(c->d, c->control_rx);
	return say(c, 0, VIRTIO_CONSOLE_DEVICE_READY, 1);
}

/* Without: port 0 is there, a console, and always open. */
static enum status start_single(struct virtio_console *c)
{
	enum status st = post_rx(c, 0);

	if (st == ST_OK)
		st = virtio_ready(c->d);
	if (st != ST_OK)
		return st;
	c->port[0].present = c->port[0].open = c->port[0].is_console = true;
	virtio_kick(c->d, c->port[0].rx);
	return ST_OK;
}

static enum status start(struct virtio_console *c)
{
	enum status st = ST_OK;
	u8 max[4];

	c->multiport = (c->d->features & BIT(VIRTIO_CONSOLE_F_MULTIPORT)) != 0;
	c->max_ports = 1;
	if (c->multiport) {
		st = virtio_config(c->d, VIRTIO_CONSOLE_CONFIG_MAX_PORTS, max, sizeof(max));
		c->max_ports = le32(max);
	}
	if (st != ST_OK)
		return st;
	if (c->max_ports == 0)
		return virtio_broken(c->d, ST_PROTOCOL, "console: no ports");
	st = open_queues(c, MIN(c->max_ports, VIRTIO_CONSOLE_PORTS));
	if (st != ST_OK)
		return st;
	return c->multiport ? start_ports(c) : start_single(c);
}

enum status virtio_console_open(struct virtio_console *c, struct virtio_device *d)
{
	enum status st;

	memset(c, 0, sizeof(*c));
	c->d = d;
	st = virtio_open(d, BIT(VIRTIO_CONSOLE_F_MULTIPORT) | BIT(VIRTIO_F_EVENT_IDX));
	if (st != ST_OK)
		return st;
	st = start(c);
	if (st != ST_OK)
		virtio_console_close(c);
	return st;
}

void virtio_console_close(struct virtio_console *c)
{
	(void)virtio_end(c->d, c->pages, PAGES);
	c->pages = NULL;
	c->multiport = false;
	memset(c->port, 0, sizeof(c->port));
}
