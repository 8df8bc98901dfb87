/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbols of the linker scripts (images/<arch>.lds), the same on both architectures. The image is
 * position independent: use the addresses, never link-time values. Sections are 4 KiB aligned:
 * [text: RX][rodata: RO][data: RW][end of file][bss: RW, not in the file]
 */
#ifndef IMAGE_H
#define IMAGE_H

extern char image_start[], image_text_end[], image_rodata_end[], image_file_end[], image_end[];

#endif
