/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L /* strnlen */
#include "print.h"

#include <string.h>

/* One call of print() is one piece of at most this size. */
#define PRINT_MAX 1024

struct out {
	char *buf;
	size_t size;
	size_t wanted; /* bytes the whole text has, written or not */
};

struct spec {
	bool left, zero, alt, has_precision;
	int width, precision;
	unsigned longs; /* 0 int, 1 long (also z, j), 2 long long */
	char conversion;
};

static void put(struct out *o, char c)
{
	if (o->wanted + 1 < o->size)
		o->buf[o->wanted] = c;
	o->wanted++;
}

static void put_repeated(struct out *o, char c, int n)
{
	for (; n > 0; n--)
		put(o, c);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	size_t n;
	int pad;

	if (text == NULL)
		text = "(null)";
	n = s->has_precision ? strnlen(text, (size_t)s->precision) : strlen(text);
	pad = (size_t)s->width > n ? s->width - (int)n : 0;
	if (!s->left)
		put_repeated(o, ' ', pad);
	for (size_t i = 0; i < n; i++)
		put(o, text[i]);
	if (s->left)
		put_repeated(o, ' ', pad);
}

static void put_number(struct out *o, const struct spec *s, u64 v, unsigned base, const char *sign)
{
	const char *digits = s->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char reversed[24];
	int n = 0, zeros = 0, pad;

	for (u64 rest = v; rest != 0; rest /= base)
		reversed[n++] = digits[rest % base];
	if (n == 0 && !(s->has_precision && s->precision == 0))
		reversed[n++] = '0';
	if (s->has_precision && s->precision > n)
		zeros = s->precision - n;
	pad = s->width - n - zeros - (int)strlen(sign);
	if (s->zero && !s->left && !s->has_precision && pad > 0) {
		zeros = pad;
		pad = 0;
	}
	if (!s->left)
		put_repeated(o, ' ', pad);
	while (*sign != '\0')
		put(o, *sign++);
	put_repeated(o, '0', zeros);
	while (n > 0)
		put(o, reversed[--n]);
	if (s->left)
		put_repeated(o, ' ', pad);
}

/* Digits, bounded: a width beyond any use is cut rather than wrapped. */
static const char *parse_int(const char *p, int *value)
{
	int v = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		v = v > PRINT_MAX ? v : v * 10 + (*p - '0');
	*value = v;
	return p;
}

static const char *parse_spec(const char *p, struct spec *s)
{
	memset(s, 0, sizeof(*s));
	for (;; p++) {
		if (*p == '-')
			s->left = true;
		else if (*p == '0')
			s->zero = true;
		else if (*p == '#')
			s->alt = true;
		else
			break;
	}
	p = parse_int(p, &s->width);
	if (p[0] == '.' && p[1] == '*') {
		s->has_precision = true;
		s->precision = -1; /* taken from the arguments */
		p += 2;
	} else if (*p == '.') {
		s->has_precision = true;
		p = parse_int(p + 1, &s->precision);
	}
	for (; s->longs < 2 && *p == 'l'; p++)
		s->longs++;
	if (s->longs == 0 && (*p == 'z' || *p == 'j')) {
		s->longs = 1;
		p++;
	}
	s->conversion = *p;
	return p;
}

/* Every wide type is 64 bits on both architectures and in the native tests. */
_Static_assert(sizeof(long) == 8 && sizeof(size_t) == 8 && sizeof(intmax_t) == 8, "LP64");

#define NEXT_SIGNED(ap, s)   ((s)->longs != 0 ? va_arg(ap, s64) : (s64)va_arg(ap, int))
#define NEXT_UNSIGNED(ap, s) ((s)->longs != 0 ? va_arg(ap, u64) : (u64)va_arg(ap, unsigned))

static const char *hex_prefix(const struct spec *s, u64 v)
{
	if (!s->alt || v == 0)
		return "";
	return s->conversion == 'X' ? "0X" : "0x";
}

int vsnprint(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	struct spec s;
	va_list args;
	u64 v;
	s64 i;
	char c[2] = "";

	va_copy(args, ap);
	for (const char *p = fmt; *p != '\0'; p++) {
		const char *start = p;

		if (*p != '%') {
			put(&o, *p);
			continue;
		}
		p = parse_spec(p + 1, &s);
		if (s.precision < 0) {
			s.precision = va_arg(args, int);
			s.has_precision = s.precision >= 0;
		}
		switch (s.conversion) {
		case '%':
			put(&o, '%');
			break;
		case 'c':
			c[0] = (char)va_arg(args, int);
			if (c[0] == '\0')
				put(&o, '\0'); /* a string would end here */
			else
				put_string(&o, &s, c);
			break;
		case 's':
			put_string(&o, &s, va_arg(args, const char *));
			break;
		case 'd':
		case 'i':
			i = NEXT_SIGNED(args, &s);
			put_number(&o, &s, i < 0 ? -(u64)i : (u64)i, 10, i < 0 ? "-" : "");
			break;
		case 'u':
			put_number(&o, &s, NEXT_UNSIGNED(args, &s), 10, "");
			break;
		case 'x':
		case 'X':
			v = NEXT_UNSIGNED(args, &s);
			put_number(&o, &s, v, 16, hex_prefix(&s, v));
			break;
		case 'p':
			put_number(&o, &s, (uintptr_t)va_arg(args, void *), 16, "0x");
			break;
		default:
			/* As it stands; a lone % at the end has nothing after it to skip. */
			while (start < p)
				put(&o, *start++);
			if (*p == '\0')
				p--;
			else
				put(&o, *p);
		}
	}
	va_end(args);
	if (size > 0)
		buf[MIN(o.wanted, size - 1)] = '\0';
	return (int)o.wanted;
}

int snprint(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprint(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

void vprint(const char *fmt, va_list ap)
{
	static const char cut[] = "...\n";
	char buf[PRINT_MAX];
	size_t n = (size_t)vsnprint(buf, sizeof(buf), fmt, ap);

	if (n >= sizeof(buf)) {
		/* Cut visibly, and still end the line: reports are read line by line. */
		n = sizeof(buf) - 1;
		memcpy(buf + n - (sizeof(cut) - 1), cut, sizeof(cut));
	}
	console_write(buf, n);
}

void print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
}
