/* SPDX-License-Identifier: BSD-2-Clause */
/* postern-firmware: on a platform with launch measurement nothing runs that it does not vouch for.
 */
#include "../linux.h"

const bool firmware_allows_unmeasured = false;
