; SPDX-License-Identifier: BSD-2-Clause
;
; One instruction each, for try_insn(): tdx.h says what they take. INT3 behind them catches a #VE
; handler that was told too great a length.

bits 64
default rel

%macro routine 2+
	global	%1
	align	16, int3
%1:	%2
	ret
	int3
	int3
	int3
	int3
%endmacro

section .text align=16
	routine	insn_in8,	in al, dx
	routine	insn_in16,	in ax, dx
	routine	insn_in32,	in eax, dx
	routine	insn_in8_imm,	in al, 0x80
	routine	insn_out8,	out dx, al
	routine	insn_out16,	out dx, ax
	routine	insn_out32,	out dx, eax
	routine	insn_out8_imm,	out 0x80, al
	routine	insn_cpuid,	cpuid
	routine	insn_rdmsr,	rdmsr
	routine	insn_wrmsr,	wrmsr
	routine	insn_write_cr0,	mov cr0, rax
	routine	insn_write_cr4,	mov cr4, rax
	routine	insn_vmxon,	db 0xf3, 0x0f, 0xc7, 0x32
	routine	insn_vmxoff,	db 0x0f, 0x01, 0xc4
	routine	insn_vmlaunch,	db 0x0f, 0x01, 0xc2
	routine	insn_vmresume,	db 0x0f, 0x01, 0xc3
	routine	insn_vmptrld,	db 0x0f, 0xc7, 0x32
	routine	insn_vmclear,	db 0x66, 0x0f, 0xc7, 0x32
	routine	insn_vmread,	db 0x0f, 0x78, 0xc8	; RCX to RAX
	routine	insn_vmwrite,	db 0x0f, 0x79, 0xc8	; RAX to RCX
	routine	insn_invept,	db 0x66, 0x0f, 0x38, 0x80, 0x02
	routine	insn_invvpid,	db 0x66, 0x0f, 0x38, 0x81, 0x02
	routine	insn_vmfunc,	db 0x0f, 0x01, 0xd4
	routine	insn_seamcall,	db 0x66, 0x0f, 0x01, 0xcf
	routine	insn_seamret,	db 0x66, 0x0f, 0x01, 0xcd
	routine	insn_seamops,	db 0x66, 0x0f, 0x01, 0xce
	routine	insn_getsec,	db 0x0f, 0x37
