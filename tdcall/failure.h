/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a quote could not be fetched, said for people (failure.c). Each function takes what came
 * back, keeps the text and returns the status the caller goes on with; one caller at a time.
 */
#ifndef TDCALL_FAILURE_H
#define TDCALL_FAILURE_H

#include "internal.h"

const char *tdx_evidence_why(void);
void tdx_why_nothing(void);

enum status tdx_why_buffer(const void *shared); /* the caller's shared pages */
enum status tdx_why_in_use(void);               /* by another CPU; changes no other's text */
enum status tdx_why_abandoned(unsigned count);  /* the host may still write where we would ask */
/* Status of tdx_report(). */
enum status tdx_why_report(enum status st, const struct tdx_report_answer *a);
/* R10 of GetQuote is not SUCCESS. */
enum status tdx_why_request(enum status st, u64 r10, unsigned tries);
/* Status word of the buffer, in flight included. */
enum status tdx_why_status(enum status st, u64 status);
/* Length of the quote; room: the caller's. */
enum status tdx_why_length(enum status st, u32 length, size_t room);

#endif
