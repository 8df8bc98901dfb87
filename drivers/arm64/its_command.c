/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands of the ITS (IHI 0069, 5.3), encoded. Values are the caller's; fields are cut to size. */
#include "its.h"

#define FIRST(opcode, device) ((u64)(device) << 32 | (opcode))

struct its_command its_mapd(u32 device, unsigned bits, u64 itt, bool valid)
{
	return (struct its_command){ { FIRST(ITS_CMD_MAPD, device), (bits - 1) & MASK(4, 0),
				       (valid ? ITS_CMD_VALID : 0) | (itt & ITS_CMD_ITT), 0 } };
}

struct its_command its_mapc(u16 collection, u64 target, bool valid)
{
	return (struct its_command){
		{ ITS_CMD_MAPC, 0,
		  (valid ? ITS_CMD_VALID : 0) | (target & ITS_CMD_RDBASE) | collection, 0 }
	};
}

struct its_command its_mapti(u32 device, u32 event, u32 lpi, u16 collection)
{
	return (struct its_command){ { FIRST(ITS_CMD_MAPTI, device), (u64)lpi << 32 | event,
				       collection, 0 } };
}

struct its_command its_mapi(u32 device, u32 event, u16 collection)
{
	return (struct its_command){ { FIRST(ITS_CMD_MAPI, device), event, collection, 0 } };
}

struct its_command its_movi(u32 device, u32 event, u16 collection)
{
	return (struct its_command){ { FIRST(ITS_CMD_MOVI, device), event, collection, 0 } };
}

static struct its_command of_event(u64 opcode, u32 device, u32 event)
{
	return (struct its_command){ { FIRST(opcode, device), event, 0, 0 } };
}

struct its_command its_discard(u32 device, u32 event)
{
	return of_event(ITS_CMD_DISCARD, device, event);
}

struct its_command its_int(u32 device, u32 event)
{
	return of_event(ITS_CMD_INT, device, event);
}

struct its_command its_clear(u32 device, u32 event)
{
	return of_event(ITS_CMD_CLEAR, device, event);
}

struct its_command its_inv(u32 device, u32 event)
{
	return of_event(ITS_CMD_INV, device, event);
}

struct its_command its_invall(u16 collection)
{
	return (struct its_command){ { ITS_CMD_INVALL, 0, collection, 0 } };
}

struct its_command its_movall(u64 from, u64 to)
{
	return (struct its_command){ { ITS_CMD_MOVALL, 0, from & ITS_CMD_RDBASE,
				       to & ITS_CMD_RDBASE } };
}

struct its_command its_sync(u64 target)
{
	return (struct its_command){ { ITS_CMD_SYNC, 0, target & ITS_CMD_RDBASE, 0 } };
}
