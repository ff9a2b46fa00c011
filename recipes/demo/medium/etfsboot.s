# The stand-in for etfsboot.com, the El Torito boot image of a BIOS: finds BOOTMGR in the root of
# the ISO 9660 volume and starts it at 2000:0000 with the drive in DL. Exactly 4096 bytes, as
# Microsoft's.
#
# It is as strict as the original. It asks for no boot info table (a writer that patches one into
# bytes 8 to 63 destroys code here, as it would there), and it knows the name only as "BOOTMGR" and
# "BOOTMGR;1". When it cannot go on it says why and returns to the firmware (INT 18h), so that a
# test ends at once.
#
# as --32, ld -Ttext=0x7C00 --oformat=binary.

  .intel_syntax noprefix
  .code16

  .set SECTOR, 2048
  .set DIRECTORY, 0x9000      # one sector of the root directory
  .set LOAD_SEGMENT, 0x2000
  .set LAST_SEGMENT, 0x9000   # above lie the data areas of firmware

  .globl _start
_start:
  jmp 0:start                 # firmware may come by 07C0:0000

start:
  cld
  xor ax, ax
  mov ds, ax
  mov es, ax
  cli
  mov ss, ax
  mov sp, 0x7C00
  sti
  mov [drive], dl

  mov dword ptr [packet_lba], 16  # the primary volume descriptor
  call read_directory_sector
  mov si, OFFSET text_no_volume
  cmp dword ptr [DIRECTORY + 1], 0x30304443  # "CD00"
  jne stop
  mov eax, [DIRECTORY + 156 + 2]
  mov [packet_lba], eax
  mov ecx, [DIRECTORY + 156 + 10]
  add ecx, SECTOR - 1
  shr ecx, 11                 # sectors of the root directory

next_sector:
  mov si, OFFSET text_no_bootmgr
  test ecx, ecx
  jz stop
  call read_directory_sector
  mov bx, DIRECTORY

next_record:
  movzx ax, byte ptr [bx]
  test ax, ax                 # records end before the sector does
  jz sector_done
  call is_bootmgr
  je found
  add bx, ax
  cmp bx, DIRECTORY + SECTOR - 33
  jbe next_record
sector_done:
  inc dword ptr [packet_lba]
  dec ecx
  jmp next_sector

found:
  mov eax, [bx + 2]
  mov [packet_lba], eax
  mov ecx, [bx + 10]
  add ecx, SECTOR - 1
  shr ecx, 11                 # sectors of BOOTMGR
  mov word ptr [packet_offset], 0
  mov word ptr [packet_segment], LOAD_SEGMENT
load:
  mov si, OFFSET text_too_big
  cmp word ptr [packet_segment], LAST_SEGMENT
  jae stop
  call read_sector
  add word ptr [packet_segment], SECTOR / 16
  inc dword ptr [packet_lba]
  dec ecx
  jnz load
  mov dl, [drive]
  jmp LOAD_SEGMENT:0

# Whether the record at BX names BOOTMGR; sets the zero flag. Keeps all other registers.
is_bootmgr:
  pusha
  mov cx, 7
  cmp byte ptr [bx + 32], 7
  je compare
  mov cx, 9
  cmp byte ptr [bx + 32], 9
  jne compared
compare:
  lea si, [bx + 33]
  mov di, OFFSET bootmgr
  repe cmpsb
compared:
  popa
  ret

read_directory_sector:
  mov word ptr [packet_offset], DIRECTORY
  mov word ptr [packet_segment], 0
read_sector:
  pushad
  mov ah, 0x42
  mov dl, [drive]
  mov si, OFFSET packet
  int 0x13
  popad
  mov si, OFFSET text_read_error
  jc stop
  ret

# Prints the text at SI, on the screen and on the first serial port, and gives up.
stop:
  lodsb
  test al, al
  jz give_up
  mov ah, 0x0E
  mov bx, 7
  int 0x10
  mov ah, 1
  xor dx, dx
  int 0x14
  jmp stop
give_up:
  int 0x18
  hlt
  jmp give_up

packet:
  .byte 16, 0
  .word 1
packet_offset:
  .word 0
packet_segment:
  .word 0
packet_lba:
  .quad 0

bootmgr:
  .ascii "BOOTMGR;1"
text_no_volume:
  .asciz "\r\nCDBOOT: this is no ISO 9660 volume.\r\n"
text_no_bootmgr:
  .asciz "\r\nCDBOOT: BOOTMGR is not in the root folder.\r\n"
text_too_big:
  .asciz "\r\nCDBOOT: BOOTMGR is larger than the memory there is for it.\r\n"
text_read_error:
  .asciz "\r\nCDBOOT: the disc cannot be read.\r\n"
drive:
  .byte 0

  .org 4096
