/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One status type for the whole guest, the hosts and the tool.
 *
 * Platform status codes (RSI, PSCI, ...) are translated into these by the
 * backend that owns the platform; above the backends nobody sees a raw number.
 */
#ifndef STATUS_H
#define STATUS_H

#define STATUS_LIST(X)                                                                             \
	X(ST_OK, "ok")                                                                             \
	X(ST_INVALID, "invalid argument")                                                          \
	X(ST_ALIGN, "misaligned")                                                                  \
	X(ST_OVERFLOW, "address or size overflows")                                                \
	X(ST_RANGE, "outside the permitted range")                                                 \
	X(ST_OVERLAP, "ranges overlap")                                                            \
	X(ST_TRUNCATED, "input ends too early")                                                    \
	X(ST_CORRUPT, "input is malformed")                                                        \
	X(ST_TOO_MANY, "more entries than the bound allows")                                       \
	X(ST_TOO_DEEP, "nested deeper than the bound allows")                                      \
	X(ST_NOT_FOUND, "not found")                                                               \
	X(ST_NO_MEMORY, "out of memory")                                                           \
	X(ST_UNSUPPORTED, "not supported")                                                         \
	X(ST_STATE, "wrong state")                                                                 \
	X(ST_DENIED, "refused by the host")                                                        \
	X(ST_NO_PROGRESS, "the host makes no progress")                                            \
	X(ST_INCOMPLETE, "not complete, call again")                                               \
	X(ST_DESTROYED, "memory destroyed by the host")                                            \
	X(ST_TIMEOUT, "time-out")                                                                  \
	X(ST_FAULT, "the access raised an exception")                                              \
	X(ST_PROTOCOL, "the host broke its protocol")                                              \
	X(ST_UNKNOWN, "unknown error")

enum status {
#define STATUS_ENUM(id, text) id,
	STATUS_LIST(STATUS_ENUM)
#undef STATUS_ENUM
};

/* Short lower-case text; never NULL, also for a value outside the enum. */
const char *status_text(enum status st);

#endif
