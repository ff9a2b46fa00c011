# The head of the stand-in for BOOTMGR: 512 bytes that a boot sector starts at 2000:0000 with the
# drive in DL, in front of a GRUB core image for BIOS. It tells on the first serial port how it was
# started, moves the core image to where that expects to be and starts it.
#
# CORE_SIZE is the size of the core image without its first sector (which only loads the others).
# as --32 --defsym CORE_SIZE=n, ld -Ttext=0 --oformat=binary.

  .intel_syntax noprefix
  .code16

  .set SEGMENT, 0x2000
  .set MOVED, 0x7C00          # where this head runs while the core image is moved over it
  .set CORE, 0x8200           # GRUB_BOOT_MACHINE_KERNEL_ADDR + 0x200
  .set COM1, 0x3F8

  .globl _start
_start:
  call here
here:
  pop ax                      # the offset that we run at
  cld
  mov bx, cs
  cmp ax, OFFSET here
  jne wrong_place
  cmp bx, SEGMENT
  jne wrong_place
  mov ds, bx
  mov [drive], dl
  mov si, OFFSET text_started
  call print
  mov al, dl
  shr al, 4
  call print_digit
  mov al, dl
  call print_digit
  mov si, OFFSET text_newline
  call print

  cli
  xor ax, ax
  mov ss, ax
  mov sp, MOVED
  mov es, ax
  sti
  xor si, si
  mov di, MOVED
  mov cx, 512
  rep movsb
  jmp 0:MOVED + (move_core - _start)

move_core:
  mov ax, SEGMENT + 512 / 16
  mov ds, ax
  mov ax, CORE / 16
  mov es, ax
  mov dx, (CORE_SIZE + 511) / 512
move_sector:
  xor si, si
  xor di, di
  mov cx, 512
  rep movsb
  mov ax, ds
  add ax, 512 / 16
  mov ds, ax
  mov ax, es
  add ax, 512 / 16
  mov es, ax
  dec dx
  jnz move_sector
  xor ax, ax
  mov ds, ax
  mov es, ax
  mov dl, [MOVED + (drive - _start)]
  jmp 0:CORE

wrong_place:
  call where                  # data are found from here, wherever that is
where:
  pop si
  lea si, [si + (text_wrong_place - where)]
  mov ds, bx
  call print
give_up:
  int 0x18
  hlt
  jmp give_up

print_digit:
  and al, 15
  add al, '0'
  cmp al, '9'
  jbe print_character
  add al, 'a' - '9' - 1
  jmp print_character

# Prints the text at SI.
print:
  lodsb
  test al, al
  jz printed
  call print_character
  jmp print
printed:
  ret

# Waits for the port, but not for ever: a machine may have none.
print_character:
  pusha
  mov bl, al
  xor cx, cx
wait_for_port:
  mov dx, COM1 + 5
  in al, dx
  test al, 0x20
  loopz wait_for_port
  mov al, bl
  mov dx, COM1
  out dx, al
  popa
  ret

text_started:
  .asciz "REMEDIA bootmgr drive="
text_wrong_place:
  .asciz "REMEDIA bootmgr was not started at 2000:0000\r\n"
text_newline:
  .asciz "\r\n"
drive:
  .byte 0

  .org 512
