/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a token could not be fetched, said for people (failure.c). Each function takes what came
 * back, keeps the text and returns the status the caller goes on with; one caller at a time.
 */
#ifndef RSI_FAILURE_H
#define RSI_FAILURE_H

#include "internal.h"

const char *cca_evidence_why(void);
void cca_why_nothing(void);

enum status cca_why_in_use(void); /* by another CPU; changes no other's text */
/* X0 of the command is an error; it was asked so often. */
enum status cca_why_init(u64 x0);
enum status cca_why_continue(u64 x0, size_t have, unsigned tries);
/* CONTINUE says that it wrote more than there was room for, or more than INIT announced. */
enum status cca_why_written(u64 written, size_t offered);
enum status cca_why_bound(u64 total, u64 bound);
enum status cca_why_room(u64 total, size_t room); /* the caller's */
enum status cca_why_idle(size_t have, unsigned calls);
enum status cca_why_empty(void);

#endif
