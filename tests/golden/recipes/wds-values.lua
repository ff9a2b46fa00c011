local windows = source { media = "@media/win11.iso", image = "winre" }
local boot = wim { name = "x", from = windows }
return {
  wds { boot = boot, anonymous = true, interface = "eth0\nport=53" },
  wds { boot = boot, anonymous = true, tftp_block_size = 60000, leave_out = "boot.sdi" },
}
