local windows = source { media = "@media/win11.iso", image = "winre" }
local boot = wim { name = "x", from = windows }
return {
  wds { boot = boot, anonymous = true, fonts = { "../jpn.ttf" } },
  wds { boot = boot, anonymous = true, fonts = { "wgl4_boot.ttf" } },
  wds { boot = boot, anonymous = true, interface = "eth0 lo" },
  wds { boot = boot, anonymous = true, network = "the network" },
  wds { boot = boot, anonymous = true, tftp_root = "srv/tftp" },
}
