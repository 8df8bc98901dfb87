/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * postern-firmware-unmeasured: boots what the host gives where nobody filled a table of hashes. Its
 * own launch measurement says so; a table that is filled still has to agree.
 */
#include "../linux.h"

const bool firmware_allows_unmeasured = true;
