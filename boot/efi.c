/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi.h"

#include "efi_parse.h"

/* A firmware whose map changes under every attempt must not hold us for ever. */
#define EXIT_TRIES 8

/* char16_t literals: u"..." whatever the compiler's wchar_t is. */
static EFI_STATUS refuse(EFI_SYSTEM_TABLE *st, const uint16_t *what, EFI_STATUS status)
{
	static const uint16_t name[] = u"postern: ", end[] = u"\r\n";
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = st->ConOut;

	if (out != NULL) {
		out->OutputString(out, (CHAR16 *)(uintptr_t)name);
		out->OutputString(out, (CHAR16 *)(uintptr_t)what);
		out->OutputString(out, (CHAR16 *)(uintptr_t)end);
	}
	return EFI_ERROR(status) ? status : EFI_LOAD_ERROR;
}

static EFI_STATUS read_options(EFI_HANDLE image, EFI_BOOT_SERVICES *bs, struct handoff *h)
{
	EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
	EFI_LOADED_IMAGE *loaded = NULL;
	EFI_STATUS status = bs->HandleProtocol(image, &guid, (VOID **)&loaded);

	if (EFI_ERROR(status) || loaded == NULL)
		return EFI_LOAD_ERROR;
	efi_options_read(h, loaded->LoadOptions, loaded->LoadOptionsSize);
	return EFI_SUCCESS;
}

/*
 * The map goes straight into *h: no allocation between reading it and ExitBootServices() that would
 * make its key stale. After a failed attempt only these two services may be called, so nothing is
 * printed then.
 */
static EFI_STATUS leave(EFI_HANDLE image, EFI_SYSTEM_TABLE *st, struct handoff *h)
{
	static const uint16_t no_map[] = u"unusable memory map";
	EFI_BOOT_SERVICES *bs = st->BootServices;
	EFI_STATUS status = EFI_LOAD_ERROR;

	for (unsigned i = 0; i < EXIT_TRIES; i++) {
		UINTN size = sizeof(h->map), key = 0, entry = 0;
		UINT32 version = 0;

		status = bs->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)(void *)h->map, &key,
					  &entry, &version);
		if (!EFI_ERROR(status) && (version != EFI_MEMORY_DESCRIPTOR_VERSION ||
					   efi_map_check(h, size, entry) != ST_OK))
			status = EFI_LOAD_ERROR;
		if (EFI_ERROR(status))
			return i == 0 ? refuse(st, no_map, status) : status;
		status = bs->ExitBootServices(image, key);
		if (status != EFI_INVALID_PARAMETER)
			return status;
	}
	return EFI_ERROR(status) ? status : EFI_LOAD_ERROR;
}

EFI_STATUS efi_collect(EFI_HANDLE image, EFI_SYSTEM_TABLE *st, struct handoff *h)
{
	static const uint16_t no_services[] = u"no boot services",
			      no_image[] = u"no loaded image protocol",
			      tables[] = u"too many configuration tables";
	EFI_STATUS status;

	h->source = BOOT_UEFI;
	if (st->BootServices == NULL)
		return refuse(st, no_services, EFI_UNSUPPORTED);
	status = read_options(image, st->BootServices, h);
	if (EFI_ERROR(status))
		return refuse(st, no_image, status);
	if (efi_tables_read(h, (const u8 *)st->ConfigurationTable, st->NumberOfTableEntries) !=
	    ST_OK)
		return refuse(st, tables, EFI_LOAD_ERROR);
	return leave(image, st, h);
}
